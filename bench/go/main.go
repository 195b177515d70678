// Issues user JWTs with the reference libraries: a new key and a signed token each time, on one goroutine.
// Usage: tokens <count>. Prints {"tokens":n,"seconds":s,"token":"…"} with the last token.
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
	count, err := strconv.Atoi(os.Args[1])
	check(err)
	account, err := nkeys.CreateAccount()
	check(err)
	issue(account, count/10) // warm up

	start := time.Now()
	token := issue(account, count)
	out, err := json.Marshal(map[string]any{
		"tokens": count, "seconds": time.Since(start).Seconds(), "token": token,
	})
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
