package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"sort"
	"strings"

	"github.com/nats-io/jwt/v2"
)

// What Go writes of each type of claims, as paths: exports[].subject, revocations.*.
func fields() {
	all := map[string][]string{}
	for name, claims := range map[string]any{
		"operator":               jwt.OperatorClaims{},
		"account":                jwt.AccountClaims{},
		"user":                   jwt.UserClaims{},
		"activation":             jwt.ActivationClaims{},
		"authorization_request":  jwt.AuthorizationRequestClaims{},
		"authorization_response": jwt.AuthorizationResponseClaims{},
	} {
		paths := walk(reflect.TypeOf(claims), "")
		for i, path := range paths {
			paths[i] = strings.TrimPrefix(path, "nats.")
		}
		sort.Strings(paths)
		all[name] = paths
	}
	out, err := json.Marshal(all)
	check(err)
	fmt.Println(string(out))
}

func walk(t reflect.Type, path string) []string {
	// Written by code, not by its fields: plain keys and scoped ones.
	if t == reflect.TypeOf(jwt.SigningKeys{}) {
		return append([]string{path}, walk(reflect.TypeOf(jwt.UserScope{}), path+"[]")...)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return walk(t.Elem(), path)
	case reflect.Map:
		return walk(t.Elem(), path+".*")
	case reflect.Slice:
		for t.Elem().Kind() == reflect.Slice {
			t = t.Elem()
		}
		if t.Elem().Kind() == reflect.String {
			return []string{path}
		}
		return walk(t.Elem(), path+"[]")
	case reflect.Struct:
		var paths []string
		for i := range t.NumField() {
			field := t.Field(i)
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			switch {
			case name == "":
				paths = append(paths, walk(field.Type, path)...)
			case path == "":
				paths = append(paths, walk(field.Type, name)...)
			default:
				paths = append(paths, walk(field.Type, path+"."+name)...)
			}
		}
		return paths
	}
	return []string{path}
}
