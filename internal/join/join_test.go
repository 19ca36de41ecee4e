package join

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// cases: each line begins with the letter of the record that it belongs to. Letters come in the order of the records' first lines.
var cases = map[string]string{
	"java: header, cause, suppressed, what was left out": `
a 2026-11-21 10:00:00 ERROR [main] shop.Cart - checkout failed
a shop.CartException: no stock
a 	at shop.Cart.pay(Cart.java:7)
a 	Suppressed: java.io.IOException: close
a 		at shop.Cart.close(Cart.java:9)
a 		... 1 more
a Caused by: java.sql.SQLException: bad
a statement
a 	at shop.Db.run(Db.java:3) ~[db.jar:1.2]
a 	... 2 common frames omitted
b 2026-11-21 10:00:01 INFO [main] shop.Cart - next`,
	"java: another thread's lines between": `
a 2026-11-21 10:00:00 ERROR [main] shop.Cart - checkout failed
a shop.CartException: no stock
b 10:00:00.123 [pool-1] INFO shop.Other - tick
a 	at shop.Cart.pay(Cart.java:7)
c 10:00:00.124 [pool-1] INFO shop.Other - tick
d 10:00:00.125 [pool-1] INFO shop.Other - tick
a 	at shop.Main.main(Main.java:1)
a Caused by: java.sql.SQLException: bad
e {"level":"info","msg":"json"}
a 	at shop.Db.run(Db.java:3)
f done`,
	"java: two traces, one after the other": `
a shop.A: one
a 	at shop.Cart.pay(Cart.java:7)
b shop.B: two
b 	at shop.Cart.pay(Cart.java:8)`,
	"java: a crash is no part of the record above": `
a 2026-11-21 10:00:00 ERROR [main] shop.Cart - checkout failed
b Exception in thread "main" shop.CartException: no stock
b 	at shop.Cart.pay(Cart.java:7)`,
	"java: a line that only looks like a frame": `
a 2026-11-21 10:00:00 INFO Handled
b 	at the desk(7)
c 	at 10 o'clock`,
	"java: white space joins nothing": `
a 2026-11-21 10:00:00 INFO Config
b   a: 1
c   b: 2`,
	"java: spring leaves lines empty": `
a 2026-11-21T19:45:35.475Z ERROR 28484 --- [main] c.e.Stock : failed
a 
a shop.CartException: no stock
a 	at shop.Cart.pay(Cart.java:7)
a 
b 2026-11-21T19:45:35.475Z INFO 28484 --- [main] c.e.Stock : next`,
	"java.util.logging: the head of a record has two lines": `
a Nov 21, 2026 7:45:26 PM JulMain lambda$main$0
a INFO: started
b Nov 21, 2026 7:45:26 PM JulMain lambda$main$0
b SEVERE: failed
b shop.CartException: no stock
b 	at shop.Cart.pay(Cart.java:7)`,
	"java: a dump of threads": `
a 2026-11-21 10:00:00
a Full thread dump OpenJDK 64-Bit Server VM (17.0.15+6-Debian mixed mode, sharing):
a 
a "main" #1 prio=5 os_prio=0 cpu=41.2ms elapsed=1.2s tid=0x00007f00 nid=0x1 waiting on condition  [0x00007f01]
a    java.lang.Thread.State: TIMED_WAITING (sleeping)
a 	at java.lang.Thread.sleep(java.base@17.0.15/Native Method)
a 	- locked <0x000000071> (a java.lang.Object)
a 
a "VM Thread" os_prio=0 cpu=1ms elapsed=1s tid=0x00007f02 nid=0x2 runnable
a 
a JNI global refs: 15, weak refs: 0
b 2026-11-21 10:00:01 INFO next`,
	"java.util.logging's XML": `
a <log>
b <record>
b   <level>SEVERE</level>
b   <message>two
b lines</message>
b </record>
c <record>
c </record>`,
	"python: chain, notes, header": `
a 2026-11-21 10:00:00,123 ERROR shop checkout failed
a Traceback (most recent call last):
a   File "/app/a.py", line 7, in pay
a     raise KeyError("x")
a KeyError: 'x'
a 
a During handling of the above exception, another exception occurred:
a 
a Traceback (most recent call last):
a   File "/app/a.py", line 9, in pay
a     raise CartError(
a shop.CartError: two
a lines
b 2026-11-21 10:00:00,124 INFO shop next`,
	"python: a crash below a record of no weight": `
a INFO:shop:started
b Traceback (most recent call last):
b   File "/app/a.py", line 7, in <module>
b     main()
b ValueError: bad
c INFO:shop:started`,
	"python: another process between": `
a ERROR:shop:checkout failed
a Traceback (most recent call last):
a   File "/app/a.py", line 7, in pay
b 2026-11-21T19:39:28.685Z INFO tick 17 errors=0
a     raise KeyError("x")
c 2026-11-21T19:39:28.686Z INFO tick 18 errors=0
a   File "/app/a.py", line 9, in pay
a     x = y
d GET /ok 200
a KeyError: 'x'
e 2026-11-21T19:39:28.687Z INFO tick 19 errors=0`,
	"python: groups": `
a   + Exception Group Traceback (most recent call last):
a   |   File "/app/a.py", line 7, in <module>
a   | ExceptionGroup: both (2 sub-exceptions)
a   +-+---------------- 1 ----------------
a     | ValueError: one
a     +---------------- 2 ----------------
a     | Traceback (most recent call last):
a     |   File "/app/a.py", line 9, in f
a     | TypeError: two
a     +------------------------------------
b done`,
	"python: a program that cannot be compiled": `
a starting
b   File "/app/a.py", line 4
b     if x > 3
b             ^
b SyntaxError: expected ':'`,
	"python: asyncio's own header": `
a Task exception was never retrieved
a future: <Task finished name='x' coro=<f() done> exception=ValueError('bad')>
a Traceback (most recent call last):
a   File "/app/a.py", line 7, in f
a ValueError: bad`,
	"python: faulthandler": `
a about to crash
b Fatal Python error: Segmentation fault
b 
b Current thread 0x00007f985e7e4b80 (most recent call first):
b   File "/app/fault.py", line 22 in place_order
c next`,
	"go: panic, signal, goroutines": `
a 2026/11/21 10:00:00 listening
b panic: boom [recovered]
b 	panic: again
b [signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x548464]
b 
b goroutine 1 [running]:
b main.f({0x1, 0x2}, 0x3)
b 	/app/main.go:7 +0x1d
b created by main.main in goroutine 1
b 	/app/main.go:9 +0x2a
b 
b goroutine 7 [select, 9 minutes]:
b main.g(...)
b 	/app/main.go:12
b exit status 2
c 2026/11/21 10:00:01 listening`,
	"go: another process between the halves of a call": `
a 2026/11/21 10:00:00 recovered: boom
a goroutine 1 [running]:
a main.f(0x1)
b 2026-11-21T19:39:28.685Z INFO tick
a 	/app/main.go:7 +0x1d
c 2026-11-21T19:39:28.686Z INFO tick
a main.main()
a 	/app/main.go:9 +0x1d
d 2026/11/21 10:00:00 GET / 200`,
	"go: log.Panic says it twice": `
a 2026/11/21 10:00:00 starting
b 2026/11/21 10:00:00 cannot bind: in use
b panic: cannot bind: in use
b 
b goroutine 1 [running]:
b main.main()
b 	/app/main.go:9 +0x1d`,
	"go: errors with callers": `
a 2026/11/21 10:00:00 checkout failed: no stock
a shop.(*Shelf).Reserve
a 	/app/stock.go:34
a runtime.goexit
a 	/usr/local/go/src/runtime/asm_amd64.s:1771
a checkout
a shop.(*Basket).Checkout
a 	/app/cart.go:30
b 2026/11/21 10:00:00 GET /healthz 200`,
	"go: zap's stacks, one record below the other": `
a 2026-11-21T19:15:49.083Z	ERROR	shop/a.go:52	failed	{"error": "x"}
a main.f
a 	/app/a.go:52
b 2026-11-21T19:15:49.083Z	INFO	shop/a.go:53	ok
c 2026-11-21T19:15:49.083Z	ERROR	shop/a.go:54	failed
c main.f
c 	/app/a.go:54`,
	"go: data race": `
a ==================
a WARNING: DATA RACE
a Write at 0x00c0000b4010 by goroutine 7:
a   main.main.func1()
a       /app/main.go:7 +0x1d
a 
a Previous read at 0x00c0000b4010 by main goroutine:
a   main.main()
a       /app/main.go:9 +0x2a
a ==================
b next`,
	"go: klog's value of several lines": `
a E1121 19:15:48.612654    8899 loggers.go:164] "Multi-line" err=<
a 	line one
a 	line two
a  >
b I1121 19:15:48.612654    8899 loggers.go:165] next`,
	"node: header and error in one line": `
a order 1 starting
b order 1 failed: ReferenceError: x is not defined
b     at reference (/app/a.js:17:38)
b     at async Promise.all (index 0)
c order 2 starting`,
	"node: properties, causes": `
a PaymentError: declined
a     at pay (/app/a.js:18:26) {
a   code: 'E',
a   [cause]: Error: inner
a       at f (/app/a.js:1:1) {
a     details: [ 1 ]
a   }
a }
b next`,
	"node: an error inside a printed object": `
a {
a   job: 4,
a   err: PaymentError: failed
a       at checkout (/app/a.js:24:11) {
a     code: 'E'
a   }
a }
b next`,
	"node: uncaught": `
a listening
b /app/a.js:11
b   throw new Error('boom');
b   ^
b 
b Error: boom
b     at f (/app/a.js:11:9)
b 
b Node.js v20.20.2
c listening`,
	"node: aggregate": `
a [AggregateError: All promises were rejected] {
a   [errors]: [
a     Error: one
a         at f (/app/a.js:1:1),
a     TypeError: two
a         at g (/app/a.js:2:2),
a     'three'
a   ]
a }
b next`,
	"node: another writer between": `
a 2026-11-21 19:44:11.929 [ERROR] shop: TypeError: bad
a     at f (/app/a.js:11:64)
b 127.0.0.1 - - [21/Nov/2026:19:44:13 +0000] "GET / HTTP/1.1" 500 910 "-" "node"
a     at g (/app/a.js:12:64)
c 2026-11-21 19:44:11.930 [INFO] shop: next`,
	"two crashes at once, each its own": `
a panic: boom
b Traceback (most recent call last):
b   File "/app/a.py", line 7, in <module>
a goroutine 1 [running]:
b     main()
a main.main()
b ValueError: bad
a 	/app/main.go:9 +0x1d`,
	"rust's backtraces are not Node's": `
a thread 'main' panicked at src/main.rs:3:5:
b boom
c stack backtrace:
d    0: rust_begin_unwind
e              at /rustc/59807616/library/std/src/panicking.rs:689:5
f    1: app::main
g              at ./src/main.rs:3:5`,
	"colours": "\n" +
		"a \x1b[31mERROR\x1b[0m shop: failed\n" +
		"a \x1b[33m\x1b[1mTraceback (most recent call last):\x1b[0m\n" +
		"a   File \"\x1b[32m/app/a.py\x1b[0m\", line 7, in f\n" +
		"a \x1b[31mValueError\x1b[0m: bad\n" +
		"b \x1b[32mINFO\x1b[0m shop: next",
}

func TestJoin(t *testing.T) {
	for name, text := range cases {
		t.Run(name, func(t *testing.T) {
			var lines []string
			wants := map[byte]span{}
			for i, l := range strings.Split(strings.TrimPrefix(text, "\n"), "\n") {
				require.Greater(t, len(l), 1, "%q", l)
				wants[l[0]] = append(wants[l[0]], i+1)
				lines = append(lines, l[2:])
			}
			var got, want []span
			for letter := byte('a'); len(wants[letter]) > 0; letter++ {
				want = append(want, wants[letter])
			}
			got = joined(lines)
			assert.Equal(t, want, got)
		})
	}
}

// TestLongTrace is cut where Limits say; what is beyond goes on line by line and begins no trace of its own.
func TestLongTrace(t *testing.T) {
	s := NewStream[int](Limits{Lines: 10, Bytes: 1 << 20, HeldLines: 1000, HeldBytes: 1 << 20})
	s.Push("2026-11-21 10:00:00 ERROR failed", 0, 0)
	s.Push("java.lang.StackOverflowError", 1, 0)
	for n := 2; n < 40; n++ {
		s.Push("\tat shop.Cart.pay(Cart.java:7)", n, 0)
	}
	s.Push("2026-11-21 10:00:01 INFO next", 40, 0)
	s.Flush()
	got := appendSpans(nil, s)
	require.Len(t, got, 32)
	assert.Len(t, got[0], 10)
	for _, sp := range got[1:] {
		assert.Len(t, sp, 1)
	}
}

// TestExpire: what had no line for long enough is complete, nothing else.
func TestExpire(t *testing.T) {
	s := NewStream[int](wide)
	s.Push("ERROR failed", 1, 10)
	s.Expire(9)
	assert.Empty(t, appendSpans(nil, s))
	s.Push("Traceback (most recent call last):", 2, 11)
	s.Expire(10)
	assert.Empty(t, appendSpans(nil, s), "the trace's last line is younger")
	s.Push("INFO other", 3, 12)
	s.Expire(11)
	assert.Equal(t, []span{{1, 2}}, appendSpans(nil, s))
	s.Push("  File \"a.py\", line 7, in f", 4, 13)
	s.Expire(13)
	assert.Equal(t, []span{{3}, {4}}, appendSpans(nil, s), "too late")
}

// TestPushAllocates nothing once the stream has grown to what it holds.
func TestPushAllocates(t *testing.T) {
	var lines []string
	for _, name := range []string{"java/log4j2-xex.log", "pynode/python-logging-formats-A.log", "multi/go-runtime-goroutine-all.log", "pynode/node-nest-A.log"} {
		lines = append(lines, readLines(t, corpus+name)...)
	}
	s := NewStream[int](wide)
	all := func() {
		for i, line := range lines {
			s.Push(line, i, int64(i))
			for _, ok := s.Next(); ok; _, ok = s.Next() {
			}
		}
	}
	all()
	assert.Zero(t, testing.AllocsPerRun(5, all))
}

// FuzzStream: whatever comes, nothing is lost, repeated or reordered, and what is held keeps to the limits.
func FuzzStream(f *testing.F) {
	for _, text := range cases {
		var lines []string
		for _, l := range strings.Split(text, "\n") {
			lines = append(lines, strings.TrimPrefix(l[min(1, len(l)):], " "))
		}
		f.Add(strings.Join(lines, "\n"), 50, 5000)
	}
	f.Fuzz(func(t *testing.T, text string, heldLines, bytes int) {
		limits := Limits{Lines: 1 + heldLines&63, Bytes: 1 + bytes&0xffff, HeldLines: 1 + heldLines&255, HeldBytes: 1 + bytes&0xffff}
		c := newChecked(t, limits)
		for i, line := range strings.Split(text, "\n") {
			c.push(line, int64(i))
			require.LessOrEqual(t, c.s.Len(), limits.HeldLines+1)
		}
		c.finish()
	})
}

func TestPrefix(t *testing.T) {
	for text, want := range map[string]string{
		"web-1  | 2026-11-21 INFO x":             "web-1  | ",
		"web_12 | \tat shop.Cart.pay(Cart.java)": "web_12 | ",
		"web-1  |":                               "web-1  |",
		"\x1b[36mweb-1  | \x1b[0mtext":           "\x1b[36mweb-1  | \x1b[0m",
		"shop.web-10 | x":                        "shop.web-10 | ",
		"":                                       "",
		"INFO | shop | x":                        "",
		"2026-11-21 | ERROR | x":                 "",
		"web-1: x | y":                           "",
		"web-1| x":                               "",
		"-1 | x":                                 "",
	} {
		prefix, rest := Prefix(text)
		assert.Equal(t, want, prefix, "%q", text)
		assert.Equal(t, text, prefix+rest)
	}
}

// TestPrefixedCorpus: the containers of docker compose come apart by their prefixes.
func TestPrefixedCorpus(t *testing.T) {
	streams := map[string][]string{}
	for _, line := range readLines(t, corpus+"multi/mix-compose-prefix.log") {
		prefix, rest := Prefix(line)
		streams[prefix] = append(streams[prefix], rest)
	}
	require.Len(t, streams, 3)
	got := joined(streams["web-2  | "])
	require.Len(t, got, 2)
	assert.Len(t, got[0], 24)
	assert.Len(t, joined(streams["web-1  | "]), 10)
	assert.Len(t, joined(streams["web-3  | "]), len(streams["web-3  | "]))
}
