// Issues user JWTs with the reference libraries: a new key and a signed token each time, on one goroutine.
// Usage: tokens <rounds> <count>. Prints {"rates":[tokens per second of each round],"token":"the last one"}.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nkeys"
)

func main() {
	rounds, err := strconv.Atoi(os.Args[1])
	check(err)
	count, err := strconv.Atoi(os.Args[2])
	check(err)
	account, err := nkeys.CreateAccount()
	check(err)
	token := issue(account, count) // warms up

	rates := []float64{}
	for i := 0; i < rounds; i++ {
		start := time.Now()
		token = issue(account, count)
		rates = append(rates, float64(count)/time.Since(start).Seconds())
	}
	out, err := json.Marshal(map[string]any{"rates": rates, "token": token})
	check(err)
	fmt.Println(string(out))
}

func issue(account nkeys.KeyPair, count int) string {
	var token string
	for i := 0; i < count; i++ {
		user, err := nkeys.CreateUser()
		check(err)
		public, err := user.PublicKey()
		check(err)
		_, err = user.Seed()
		check(err)
		claims := jwt.NewUserClaims(public)
		claims.Name = "orders-api"
		claims.Expires = 1893456000
		claims.Pub.Allow.Add("orders.>", "audit.orders")
		claims.Sub.Allow.Add("_INBOX.>", "orders.requests.*")
		claims.Sub.Deny.Add("orders.internal.>")
		token, err = claims.Encode(account)
		check(err)
	}
	return token
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
