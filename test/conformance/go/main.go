// The reference for conformance tests.
//
//	reference decode
//	    reads one token per line; prints per line {"claims":…,"issues":[…],"error":"…"}
//	reference encode <count> <seed> <any|plain>
//	    prints per line {"seed":…,"token":…}: random tokens of all types with all kinds of fields
//	reference fields
//	    prints {"operator":[…],…}: the paths of all fields of each type
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
	case "fields":
		fields()
	case "encode":
		count, err := strconv.Atoi(os.Args[2])
		check(err)
		seed, err := strconv.ParseInt(os.Args[3], 10, 64)
		check(err)
		encode(count, seed, os.Args[4] == "plain")
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
	// Before the validation, which fills in what is absent. What is invalid cannot always be written.
	text, err := json.Marshal(claims)
	if err != nil {
		text = []byte("null")
	}
	var results jwt.ValidationResults
	claims.Validate(&results)
	issues := []string{}
	for _, issue := range results.Issues {
		issues = append(issues, fmt.Sprintf("%s %s", severity(issue), issue.Description))
	}
	return reading{Claims: text, Issues: issues}
}

func severity(issue *jwt.ValidationIssue) string {
	switch {
	case issue.Blocking:
		return "error"
	case issue.TimeCheck:
		return "time"
	}
	return "warning"
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
