package main

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand"
	"sort"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nkeys"
)

var texts = []string{
	"plain", "café", "日本 語", "<b>&\"quoted\"\\", "line\u2028and\u2029paragraph", "😀 \ufb01", "tab\tend\n\b\f\x01\x7f", "a/b?c=d",
}

// A source makes claims of all kinds with all kinds of fields. A plain one keeps to the forms that this library
// writes too: lists without an order sorted, no value that means the same as another, no number beyond 2^53.
type source struct {
	*rand.Rand
	plain bool
}

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
	if s.plain {
		return []int64{-1, 0, 1, 1 << 20, 1<<53 - 1}[s.Intn(5)]
	}
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
		if s.plain {
			permissions.Resp.MaxMsgs++ // 0 means 1
		}
	}
	return permissions
}

// In a template what is not written is no limit, so Go cannot write 0.
func (s source) templateLimit() int64 {
	if limit := s.limit(); limit != 0 || !s.plain {
		return limit
	}
	return 5
}

// JetStream's other limits are no limits at 0 and -1 alike.
func (s source) noZero() int64 {
	if limit := s.limit(); limit != 0 || !s.plain {
		return limit
	}
	return -1
}

func (s source) jetstream() jwt.JetStreamLimits {
	if s.plain {
		return jwt.JetStreamLimits{
			MemoryStorage: s.limit(), DiskStorage: s.noZero(), Streams: s.noZero(), Consumer: s.noZero(),
			MaxAckPending: s.noZero(), MemoryMaxStreamBytes: s.noZero(), DiskMaxStreamBytes: s.noZero(), MaxBytesRequired: s.some(),
		}
	}
	return jwt.JetStreamLimits{
		MemoryStorage: s.limit(), DiskStorage: s.limit(), Streams: s.limit(), Consumer: s.limit(),
		MaxAckPending: s.limit(), MemoryMaxStreamBytes: s.limit(), DiskMaxStreamBytes: s.limit(), MaxBytesRequired: s.some(),
	}
}

func (s source) common(data *jwt.ClaimsData, generic *jwt.GenericFields) {
	data.Name = s.text()
	if s.some() {
		data.Expires = 4102444800
		data.NotBefore = 1500000000
		data.Audience = s.text()
	}
	if s.some() {
		generic.Tags.Add("env:prod", s.text())
		if s.plain {
			sort.Strings(generic.Tags)
		}
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
	if s.plain {
		sort.Strings(claims.SigningKeys)
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
	} else if s.some() || !s.plain {
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
		scope.Template = s.template()
		scope.Template.NatsLimits = jwt.NatsLimits{Subs: s.templateLimit(), Data: s.templateLimit(), Payload: s.templateLimit()}
		claims.SigningKeys.AddScopedSigner(scope)
	}
	for i := s.Intn(4); i > 0; i-- {
		export := &jwt.Export{
			Name: s.text(), Subject: jwt.Subject(fmt.Sprintf("e%d.*.>", s.Intn(100))), Type: jwt.Service, TokenReq: s.some(), Advertise: s.some(),
			AllowTrace: s.some(), AccountTokenPosition: uint(s.Intn(3)), ResponseType: jwt.ResponseTypeChunked, ResponseThreshold: time.Duration(s.Intn(2e9)),
			Revocations: s.revocations(), Info: jwt.Info{Description: s.text(), InfoURL: "https://x/?a&b"},
		}
		if s.plain {
			// The types differ in what they may have; durations are whole milliseconds here.
			export.Subject = jwt.Subject(fmt.Sprintf("e%d.*.>", i))
			export.ResponseThreshold -= export.ResponseThreshold % time.Millisecond
			export.ResponseType = []jwt.ResponseType{"", jwt.ResponseTypeStream, jwt.ResponseTypeChunked}[s.Intn(3)]
			if s.some() {
				export.Type = jwt.Stream
			}
		}
		if s.some() {
			export.Latency = &jwt.ServiceLatency{Sampling: jwt.SamplingRate(s.Intn(101)), Results: "latency.<x>"}
		}
		claims.Exports.Add(export)
	}
	for i := s.Intn(4); i > 0; i-- {
		entry := &jwt.Import{
			Name: s.text(), Subject: jwt.Subject(fmt.Sprintf("日%d.*", s.Intn(100))), Account: public(s.key(nkeys.CreateAccount)), Token: "x<y",
			To: "to.>", LocalSubject: "local.$1", Type: jwt.Stream, Share: s.some(), AllowTrace: s.some(),
		}
		if s.plain {
			entry.Subject, entry.To = jwt.Subject(fmt.Sprintf("日%d.*", i)), ""
			if s.some() {
				entry.LocalSubject = ""
			}
			if s.some() {
				entry.Type = jwt.Service
			}
		}
		claims.Imports.Add(entry)
	}
	claims.Revocations = s.revocations()
	claims.DefaultPermissions = s.permissions()
	if s.some() {
		claims.AddMapping("b.*", jwt.WeightedMapping{Subject: "x.$1", Weight: 30, Cluster: "east"}, jwt.WeightedMapping{Subject: "y.$1"})
		claims.AddMapping("a", jwt.WeightedMapping{Subject: "z"})
		if s.plain {
			// By cluster and subject; a weight of 0 is one of 100.
			claims.AddMapping("b.*", jwt.WeightedMapping{Subject: "y.$1", Weight: 70}, jwt.WeightedMapping{Subject: "x.$1", Weight: 30, Cluster: "east"})
		}
		claims.Authorization.AuthUsers.Add(public(s.key(nkeys.CreateUser)))
		claims.Authorization.AuthUsers.Add(public(s.key(nkeys.CreateUser)))
		claims.Authorization.AllowedAccounts.Add("*")
		if s.plain {
			sort.Strings(claims.Authorization.AuthUsers)
		}
		claims.Authorization.XKey = public(s.key(nkeys.CreateCurveKeys))
		claims.Trace = &jwt.MsgTrace{Destination: "trace.dest", Sampling: s.Intn(101)}
		if s.plain {
			claims.Trace.Sampling = 1 + s.Intn(100)
		}
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
	claims.UserPermissionLimits = s.template()
	claims.NatsLimits = jwt.NatsLimits{Subs: s.limit(), Data: s.limit(), Payload: s.limit()}
	if s.plain && claims.Data == 0 {
		claims.Data = 1 // all limits at 0 are a scoped user's
	}
	if s.some() {
		claims.IssuerAccount = public(s.key(nkeys.CreateAccount))
	}
	return claims, s.key(nkeys.CreateAccount)
}

func (s source) template() jwt.UserPermissionLimits {
	template := jwt.UserPermissionLimits{Permissions: s.permissions(), BearerToken: s.some(), ProxyRequired: s.some()}
	if s.some() {
		template.Src.Add("10.0.0.0/8", "2001:DB8::/32")
		template.Times = []jwt.TimeRange{{Start: "08:00:00", End: "17:30:00"}, {Start: "20:00:00"}}
		template.Locale = "Europe/Zurich"
		template.AllowedConnectionTypes.Add(jwt.ConnectionTypeMqtt, jwt.ConnectionTypeStandard)
	}
	return template
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
	claims.Audience = public(s.key(nkeys.CreateServer))
	if s.some() {
		claims.Error = s.text()
	} else {
		claims.Jwt = s.text()
	}
	if s.some() {
		claims.IssuerAccount = public(s.key(nkeys.CreateAccount))
	}
	return claims, s.key(nkeys.CreateAccount)
}

func (s source) request() (jwt.Claims, nkeys.KeyPair) {
	signer := s.key(nkeys.CreateServer)
	claims := jwt.NewAuthorizationRequestClaims(public(s.key(nkeys.CreateAccount)))
	s.common(&claims.ClaimsData, &claims.GenericFields)
	claims.UserNkey = public(s.key(nkeys.CreateUser))
	claims.Server = jwt.ServerID{Name: s.text(), Host: s.text(), ID: public(signer)}
	if s.some() {
		claims.Server.Version, claims.Server.Cluster, claims.Server.XKey = "2.15.2", s.text(), public(s.key(nkeys.CreateCurveKeys))
		claims.Server.Tags = jwt.TagList{"z", s.text()}
		claims.ClientInformation = jwt.ClientInformation{
			Host: s.text(), ID: 1<<53 - 1, User: s.text(), Name: s.text(), Tags: jwt.TagList{"B", "a"}, NameTag: s.text(),
			Kind: "Client", Type: "nats", MQTT: s.text(), Nonce: s.text(),
		}
		claims.ConnectOptions = jwt.ConnectOptions{
			JWT: "a.b.c", Nkey: s.text(), SignedNonce: s.text(), Token: s.text(), Username: s.text(), Password: s.text(),
			Name: s.text(), Lang: "go", Version: "1.2", Protocol: s.Intn(2),
		}
		claims.TLS = &jwt.ClientTLS{
			Version: "1.3", Cipher: s.text(), Certs: jwt.StringList{s.text()}, VerifiedChains: []jwt.StringList{{s.text(), s.text()}, {s.text()}},
		}
		claims.RequestNonce = s.text()
	}
	return claims, signer
}

func (s source) generic() (jwt.Claims, nkeys.KeyPair) {
	signer := s.key(nkeys.CreateOperator)
	claims := jwt.NewGenericClaims(public(signer))
	claims.Data["accounts"] = []string{public(s.key(nkeys.CreateAccount))}
	claims.Data[s.text()] = map[string]any{"z": 1, "a": []any{nil, true, "x>y"}, "日": "<"}
	return claims, signer
}

func encode(count int, seed int64, plain bool) {
	s := source{rand.New(rand.NewSource(seed)), plain}
	makers := []func() (jwt.Claims, nkeys.KeyPair){s.operator, s.account, s.user, s.activation, s.request, s.response, s.generic}
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
