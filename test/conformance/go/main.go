// The reference for conformance tests.
//
//	reference decode          reads one token per line; prints per line {"claims":…,"issues":[…],"error":"…"}
//	reference encode <count>  prints per line {"seed":…,"token":…}: tokens of all types with all kinds of fields
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/nats-io/jwt/v2"
)

type reading struct {
	Claims json.RawMessage `json:"claims,omitempty"`
	Issues []string        `json:"issues"`
	Error  string          `json:"error,omitempty"`
}

func main() {
	switch os.Args[1] {
	case "decode":
		decode()
	case "encode":
		count, err := strconv.Atoi(os.Args[2])
		check(err)
		encode(count)
	}
}

func decode() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		out, err := json.Marshal(read(strings.TrimSpace(lines.Text())))
		check(err)
		fmt.Println(string(out))
	}
	check(lines.Err())
}

func read(token string) reading {
	claims, err := jwt.Decode(token)
	if err != nil {
		// Decode does not read generic tokens.
		generic, genericErr := jwt.DecodeGeneric(token)
		if genericErr != nil || generic.ClaimType() != "" {
			return reading{Error: err.Error()}
		}
		claims = generic
	}
	var results jwt.ValidationResults
	claims.Validate(&results)
	issues := []string{}
	for _, issue := range results.Issues {
		issues = append(issues, fmt.Sprintf("%v %s", issue.Blocking, issue.Description))
	}
	text, err := json.Marshal(claims)
	check(err)
	return reading{Claims: text, Issues: issues}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
