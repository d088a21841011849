package cmcd

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
)

// What players send: hls.js and dash.js of version 1, hls.js of version 2.
var samples = []string{
	`bl=21300,br=3200,bs,cid="show",d=4004,dl=18500,mtp=25400,nor="..%2F300kbps%2Ftrack.m4v",nrr="12323-48763",ot=v,pr=1.08,rtp=12000,sf=h,sid="6e2fb550-c457-11e9-bb97-0800200c9a66",st=l,su,tb=6000`,
	`bl=(1400),br=(800),cid="show",e=t,ltc=2100,mtp=(9400),sf=h,sid="s",sn=3,st=ll,sta=p,ts=1795435200123,v=2`,
	`br=(5000;v 128;a),bsd=(1200;v 800;a),cdn="edge-a",e=ps,msd=1250,sid="s",sta=r,ts=1795435200123,v=2`,
	`cdn="edge-a",e=e,ec=("fragLoadError"),sid="s",ts=1795435200123,v=2`,
	`e=rr,nor=("a.m4s" "b.m4s";r="0-99"),rc=503,sid="s",ts=1795435200123,ttfb=20,ttlb=30,url="https://e.example/a?b=\"c\"",v=2`,
	`com.example-hello="world",bg=?0,sid="s"`,
}

func TestParse(t *testing.T) {
	at := time.UnixMilli(1795435200123)
	tests := []struct {
		name, text string
		want       Report
	}{
		{"version 1", samples[0], Report{
			Version: 1, Session: "6e2fb550-c457-11e9-bb97-0800200c9a66", Content: "show", Object: "v", Starved: true,
			Bitrate: 3_200_000, Throughput: 25_400_000, Duration: 4004 * time.Millisecond, HasBuffer: true, Buffer: 21300 * time.Millisecond,
		}},
		{"interval", samples[1], Report{
			Version: 2, Session: "s", Content: "show", Event: "t", State: Playing, At: at, Bitrate: 800_000, Throughput: 9_400_000,
			HasBuffer: true, Buffer: 1400 * time.Millisecond, HasLatency: true, Latency: 2100 * time.Millisecond,
		}},
		{"lists by kind of object", samples[2], Report{
			Version: 2, Session: "s", CDN: "edge-a", Event: "ps", State: Rebuffering, At: at, Bitrate: 5_128_000,
			HasStarvedFor: true, StarvedFor: time.Second, HasStartDelay: true, StartDelay: 1250 * time.Millisecond,
		}},
		{"error", samples[3], Report{Version: 2, Session: "s", CDN: "edge-a", Event: "e", At: at, Failed: true}},
		{"response", samples[4], Report{Version: 2, Session: "s", Event: "rr", At: at, HasStatus: true, Status: 503}},
		{"custom keys", samples[5], Report{Version: 1, Session: "s"}},
		{"nothing", "", Report{Version: 1}},
		{"a comma at the end, and spaces", ` sid="s" , bs , `, Report{Version: 1, Session: "s", Starved: true}},
		{"flags as words", `bs=false,sid="s",su=true`, Report{Version: 1, Session: "s"}},
		{"the last of the same keys counts", `br=1,br=2`, Report{Version: 1, Bitrate: 2000}},
		{"impossible values", `br=-1,bl="x",mtp=99999999999,ltc=999999999999,sta=z,sta="playing",ts=-4,rc=70000,v=0,e=0,cid=5,sid="s"`,
			Report{Version: 1, Session: "s", Ignored: 11}},
		{"long names", `sid="` + strings.Repeat("x", 200) + `"`, Report{Version: 1, Ignored: 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Parse(tt.text)
			if err != nil || got != tt.want {
				t.Errorf("%s\n got %+v, %v\nwant %+v", tt.text, got, err, tt.want)
			}
		})
	}
}

func TestRubbish(t *testing.T) {
	for _, text := range []string{
		`=`, `,`, `sid=`, `sid="s`, `sid="s\`, `a=(1`, `a=(1 (2))`, `a=?2`, `a=?`, `a=1;`, `a=1;=2`, `sid="s" bl=1`, `a=--1`, `<script>`, "\x00",
		`a=(` + strings.Repeat("1 ", 20) + `)`, strings.Repeat("a,", 100), strings.Repeat("a", maxText+1), `a=1` + strings.Repeat(";x", 100),
		`a=` + strings.Repeat("(", 1000),
	} {
		if r, err := Parse(text); !errors.Is(err, ErrSyntax) {
			t.Errorf("%.60q: %+v, %v", text, r, err)
		}
	}
}

func TestRequests(t *testing.T) {
	r, ok, err := ParseQuery(`_HLS_msn=3&CMCD=br%3D800%2Csid%3D%22a%20b%22&x=1`)
	if !ok || err != nil || r.Bitrate != 800_000 || r.Session != "a b" {
		t.Errorf("query: %+v %v %v", r, ok, err)
	}
	for raw, want := range map[string]bool{"": false, "xCMCD=1": false, "CMCD=%zz": true, "CMCD=" + strings.Repeat("x", 4*maxText): true} {
		if _, ok, err := ParseQuery(raw); ok != want || (err != nil) != want {
			t.Errorf("%.20q: %v, %v", raw, ok, err)
		}
	}
	h := http.Header{}
	h.Set("CMCD-Session", `sid="s",cid="show"`)
	h.Set("CMCD-Object", `br=800,d=2000,ot=v`)
	h.Set("CMCD-Status", `bs`)
	r, err = parseHeaders([...]string{h.Get(headerNames[0]), h.Get(headerNames[1]), h.Get(headerNames[2]), h.Get(headerNames[3])})
	if !InHeaders(h) || err != nil || r.Session != "s" || r.Bitrate != 800_000 || !r.Starved {
		t.Errorf("headers: %+v %v", r, err)
	}
	if InHeaders(http.Header{}) {
		t.Error("no headers are a report")
	}
}

func TestBodies(t *testing.T) {
	tests := []struct {
		name, body       string
		reports, rubbish int
	}{
		{"lines", strings.Join(samples, "\n") + "\n", len(samples), 0},
		{"lines of DOS, and empty ones", "\r\n" + samples[1] + "\r\n\r\n" + samples[2], 2, 0},
		{"one bad line", samples[1] + "\n???\n" + samples[2], 2, 1},
		{"empty", " \n", 0, 1},
		{"too many", strings.Repeat("sid=\"s\"\n", maxReports+5), maxReports, 1},
		{"JSON", `[{"sid":"s","br":[800],"sta":"p","v":2,"bs":true,"ts":1795435200123},{}]`, 1, 1},
		{"a JSON object", `{"sid":"s","mtp":[{"value":900,"params":{"ot":"v"}}],"x":null,"y":[[1]]}`, 1, 0},
		{"JSON of something else", `["sid"]`, 0, 1},
		{"broken JSON", `[{"sid":`, 0, 1},
		{"deep JSON", strings.Repeat("[", 20_000), 0, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			reports, rubbish := ParseBody([]byte(tt.body))
			if len(reports) != tt.reports || rubbish != tt.rubbish {
				t.Errorf("%d reports, %d rubbish: %+v", len(reports), rubbish, reports)
			}
		})
	}
	reports, _ := ParseBody([]byte(tests[5].body))
	if r := reports[0]; r.Session != "s" || r.Bitrate != 800_000 || r.State != Playing || !r.Starved || r.At.IsZero() {
		t.Errorf("JSON was read as %+v", r)
	}
}

func FuzzParseBody(f *testing.F) {
	for _, s := range samples {
		f.Add([]byte(s))
	}
	f.Add([]byte(`[{"sid":"s","br":[800],"mtp":{"value":1}}]`))
	f.Add([]byte("a=(1;v 2),\nb=\"\\\"\""))
	f.Fuzz(func(t *testing.T, body []byte) {
		reports, _ := ParseBody(body)
		for _, r := range reports {
			if len(r.Session) > maxName || len(r.CDN) > maxName || r.Bitrate < 0 || r.Buffer < 0 || r.Latency < 0 || r.StarvedFor < 0 || r.Duration > maxDuration {
				t.Errorf("%q: %+v", body, r)
			}
		}
	})
}

func FuzzParseQuery(f *testing.F) {
	f.Add(`CMCD=br%3D800%2Csid%3D%22a%22`)
	f.Add(`a=1&CMCD=%&CMCD=`)
	f.Fuzz(func(t *testing.T, raw string) {
		if _, ok, err := ParseQuery(raw); !ok && err != nil {
			t.Errorf("%q: an error without CMCD: %v", raw, err)
		}
	})
}
