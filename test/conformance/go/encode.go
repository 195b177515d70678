package main

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nkeys"
)

var texts = []string{
	"plain", "café", "日本 語", "<b>&\"quoted\"\\", "line\u2028and\u2029paragraph", "😀 \ufb01", "tab\tend\n\b\f\x01\x7f", "a/b?c=d",
}

type source struct{ *rand.Rand }

func (s source) text() string { return texts[s.Intn(len(texts))] }
func (s source) some() bool   { return s.Intn(2) == 0 }

func (s source) subjects() jwt.StringList {
	var list jwt.StringList
	for i := s.Intn(4); i > 0; i-- {
		list.Add([]string{"orders.>", "a.*.b", "_INBOX.>", "日本.>", "x&y"}[s.Intn(5)])
	}
	return list
}

func (s source) limit() int64 {
	return []int64{-1, 0, 1, 1 << 20, 1 << 53, math.MaxInt64}[s.Intn(6)]
}

func (s source) key(create func() (nkeys.KeyPair, error)) nkeys.KeyPair {
	pair, err := create()
	check(err)
	return pair
}

func public(pair nkeys.KeyPair) string {
	key, err := pair.PublicKey()
	check(err)
	return key
}

func (s source) permissions() jwt.Permissions {
	permissions := jwt.Permissions{
		Pub: jwt.Permission{Allow: s.subjects(), Deny: s.subjects()},
		Sub: jwt.Permission{Allow: s.subjects()},
	}
	if s.some() {
		permissions.Resp = &jwt.ResponsePermission{MaxMsgs: s.Intn(3), Expires: time.Duration(s.Intn(3)) * time.Hour * 8760}
	}
	return permissions
}

func (s source) jetstream() jwt.JetStreamLimits {
	return jwt.JetStreamLimits{
		MemoryStorage: s.limit(), DiskStorage: s.limit(), Streams: s.limit(), Consumer: s.limit(),
		MaxAckPending: s.limit(), MemoryMaxStreamBytes: s.limit(), DiskMaxStreamBytes: s.limit(), MaxBytesRequired: s.some(),
	}
}

func (s source) common(data *jwt.ClaimsData, generic *jwt.GenericFields) {
	data.Name = s.text()
	if s.some() {
		data.Expires = 1893456000
		data.NotBefore = 1500000000
		data.Audience = s.text()
	}
	if s.some() {
		generic.Tags.Add("env:prod", s.text())
	}
}

func (s source) revocations() jwt.RevocationList {
	list := jwt.RevocationList{}
	for i := s.Intn(4); i > 0; i-- {
		list[public(s.key(nkeys.CreateUser))] = 1700000000 + int64(i)
	}
	if s.some() {
		list["*"] = 1600000000
	}
	return list
}

func (s source) operator() (jwt.Claims, nkeys.KeyPair) {
	signer := s.key(nkeys.CreateOperator)
	claims := jwt.NewOperatorClaims(public(signer))
	s.common(&claims.ClaimsData, &claims.GenericFields)
	for i := s.Intn(4); i > 0; i-- {
		claims.SigningKeys.Add(public(s.key(nkeys.CreateOperator)))
	}
	if s.some() {
		claims.AccountServerURL = "nats://127.0.0.1:4222?a=b&c=d"
		claims.OperatorServiceURLs.Add("tls://a:4222", "wss://b")
		claims.SystemAccount = public(s.key(nkeys.CreateAccount))
		claims.AssertServerVersion = "2.10.0"
		claims.StrictSigningKeyUsage = true
	}
	return claims, signer
}

func (s source) account() (jwt.Claims, nkeys.KeyPair) {
	claims := jwt.NewAccountClaims(public(s.key(nkeys.CreateAccount)))
	s.common(&claims.ClaimsData, &claims.GenericFields)
	claims.Limits.NatsLimits = jwt.NatsLimits{Subs: s.limit(), Data: s.limit(), Payload: s.limit()}
	claims.Limits.AccountLimits = jwt.AccountLimits{
		Imports: s.limit(), Exports: s.limit(), WildcardExports: s.some(), DisallowBearer: s.some(), Conn: s.limit(), LeafNodeConn: s.limit(),
	}
	if s.some() {
		claims.Limits.JetStreamLimits = s.jetstream()
	} else {
		claims.Limits.JetStreamTieredLimits = jwt.JetStreamTieredLimits{"R3": s.jetstream(), "R1": s.jetstream()}
	}
	for i := s.Intn(4); i > 0; i-- {
		key := public(s.key(nkeys.CreateAccount))
		if s.some() {
			claims.SigningKeys.Add(key)
			continue
		}
		scope := jwt.NewUserScope()
		scope.Key, scope.Role, scope.Description = key, s.text(), s.text()
		scope.Template.Permissions = s.permissions()
		scope.Template.BearerToken, scope.Template.ProxyRequired = s.some(), s.some()
		scope.Template.Src.Add("10.0.0.0/8")
		claims.SigningKeys.AddScopedSigner(scope)
	}
	for i := s.Intn(4); i > 0; i-- {
		export := &jwt.Export{
			Name: s.text(), Subject: jwt.Subject(fmt.Sprintf("e%d.*.>", s.Intn(100))), Type: jwt.Service, TokenReq: s.some(), Advertise: s.some(),
			AllowTrace: s.some(), AccountTokenPosition: uint(s.Intn(3)), ResponseType: jwt.ResponseTypeChunked, ResponseThreshold: time.Duration(s.Intn(2e9)),
			Revocations: s.revocations(), Info: jwt.Info{Description: s.text(), InfoURL: "https://x/?a&b"},
		}
		if s.some() {
			export.Latency = &jwt.ServiceLatency{Sampling: jwt.SamplingRate(s.Intn(101)), Results: "latency.<x>"}
		}
		claims.Exports.Add(export)
	}
	for i := s.Intn(4); i > 0; i-- {
		claims.Imports.Add(&jwt.Import{
			Name: s.text(), Subject: jwt.Subject(fmt.Sprintf("日%d.*", s.Intn(100))), Account: public(s.key(nkeys.CreateAccount)), Token: "x<y",
			To: "to.>", LocalSubject: "local.$1", Type: jwt.Stream, Share: s.some(), AllowTrace: s.some(),
		})
	}
	claims.Revocations = s.revocations()
	claims.DefaultPermissions = s.permissions()
	if s.some() {
		claims.AddMapping("b.*", jwt.WeightedMapping{Subject: "x.$1", Weight: 30, Cluster: "east"}, jwt.WeightedMapping{Subject: "y.$1"})
		claims.AddMapping("a", jwt.WeightedMapping{Subject: "z"})
		claims.Authorization.AuthUsers.Add(public(s.key(nkeys.CreateUser)))
		claims.Authorization.AllowedAccounts.Add("*")
		claims.Authorization.XKey = public(s.key(nkeys.CreateCurveKeys))
		claims.Trace = &jwt.MsgTrace{Destination: "trace.dest", Sampling: s.Intn(101)}
		claims.ClusterTraffic = jwt.ClusterTrafficOwner
		claims.Description, claims.InfoURL = s.text(), "https://example.com/?a&b"
	}
	return claims, s.key(nkeys.CreateOperator)
}

func (s source) user() (jwt.Claims, nkeys.KeyPair) {
	claims := jwt.NewUserClaims(public(s.key(nkeys.CreateUser)))
	s.common(&claims.ClaimsData, &claims.GenericFields)
	if s.some() {
		claims.SetScoped(true)
		claims.IssuerAccount = public(s.key(nkeys.CreateAccount))
		return claims, s.key(nkeys.CreateAccount)
	}
	claims.Permissions = s.permissions()
	claims.NatsLimits = jwt.NatsLimits{Subs: s.limit(), Data: s.limit(), Payload: s.limit()}
	claims.BearerToken, claims.ProxyRequired = s.some(), s.some()
	if s.some() {
		claims.Src.Add("10.0.0.0/8", "2001:DB8::/32")
		claims.Times = []jwt.TimeRange{{Start: "08:00:00", End: "17:30:00"}, {Start: "20:00:00"}}
		claims.Locale = "Europe/Zurich"
		claims.AllowedConnectionTypes.Add(jwt.ConnectionTypeMqtt, jwt.ConnectionTypeStandard)
	}
	return claims, s.key(nkeys.CreateAccount)
}

func (s source) activation() (jwt.Claims, nkeys.KeyPair) {
	claims := jwt.NewActivationClaims(public(s.key(nkeys.CreateAccount)))
	s.common(&claims.ClaimsData, &claims.GenericFields)
	claims.ImportSubject, claims.ImportType = "orders.>", jwt.Stream
	if s.some() {
		claims.IssuerAccount = public(s.key(nkeys.CreateAccount))
	}
	return claims, s.key(nkeys.CreateAccount)
}

func (s source) response() (jwt.Claims, nkeys.KeyPair) {
	claims := jwt.NewAuthorizationResponseClaims(public(s.key(nkeys.CreateUser)))
	s.common(&claims.ClaimsData, &claims.GenericFields)
	claims.Error, claims.IssuerAccount = s.text(), public(s.key(nkeys.CreateAccount))
	return claims, s.key(nkeys.CreateAccount)
}

func (s source) generic() (jwt.Claims, nkeys.KeyPair) {
	signer := s.key(nkeys.CreateOperator)
	claims := jwt.NewGenericClaims(public(signer))
	claims.Data["accounts"] = []string{public(s.key(nkeys.CreateAccount))}
	claims.Data[s.text()] = map[string]any{"z": 1, "a": []any{nil, true, "x>y"}, "日": "<"}
	return claims, signer
}

func encode(count int) {
	s := source{rand.New(rand.NewSource(7))}
	makers := []func() (jwt.Claims, nkeys.KeyPair){s.operator, s.account, s.user, s.activation, s.response, s.generic}
	for i := 0; i < count; i++ {
		claims, signer := makers[i%len(makers)]()
		token, err := claims.Encode(signer)
		check(err)
		seed, err := signer.Seed()
		check(err)
		out, err := json.Marshal(map[string]string{"seed": string(seed), "token": token})
		check(err)
		fmt.Println(string(out))
	}
}
