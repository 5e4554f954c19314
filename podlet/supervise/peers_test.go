// Clients that read nothing, programs that read nothing and very long orders must never block the loop.

package main

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

// unixPair returns the two ends of a connection over a socket.
func unixPair(t *testing.T) (ours, theirs net.Conn) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sock")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if theirs, err = net.Dial("unix", path); err == nil {
		ours, err = listener.Accept()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ours.Close(); theirs.Close() })
	return ours, theirs
}

func inTime(t *testing.T, what string, limit time.Duration, work func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); work() }()
	select {
	case <-done:
	case <-time.After(limit):
		t.Fatalf("%s takes more than %v", what, limit)
	}
}

// answersPing waits until the loop has sent a pong on its connection.
func answersPing(t *testing.T, s *supervisor) {
	t.Helper()
	ours, theirs := unixPair(t)
	s.conn = ours
	inTime(t, "a step of the loop", time.Second, func() { s.obey(&order{Type: "ping"}) })
	theirs.SetReadDeadline(time.Now().Add(5 * time.Second))
	line := make([]byte, 64)
	if count, err := theirs.Read(line); err != nil || !strings.Contains(string(line[:count]), "pong") {
		t.Errorf("%q %v", line[:count], err)
	}
}

func TestNoClientHoldsTheLoopAtTheEndOfARun(t *testing.T) {
	s := supervised()
	s.run, s.started, s.reported = 1, &order{}, 1
	s.io = &console{clients: map[*stream]bool{}}
	for count := 0; count < 8; count++ {
		ours, theirs := net.Pipe() // accepts only what is read
		defer theirs.Close()
		s.io.clients[&stream{conn: ours}] = true
	}
	main := &process{pid: 5, staged: make(chan struct{})} // whose stage has not reported yet
	s.ending = main
	inTime(t, "the end of a run", time.Second, func() { s.settleExit(main, &exited{Run: 1, Code: 7}, oomKills()) })
	answersPing(t, s)
	s.obey(&order{Type: "start", Run: 1}) // a stale order, which waits for the report all the same
	if len(s.held) != 1 {
		t.Error("a start is obeyed before the run before is reported")
	}
	close(main.staged)
	// Eight clients that read nothing take no longer than one.
	for until := time.Now().Add(4 * writePatience); s.last == nil && time.Now().Before(until); {
		s.settle()
	}
	if s.last == nil || s.last.Code != 7 || s.ending != nil || len(s.held) != 0 {
		t.Errorf("last %+v, ending %v, held %d", s.last, s.ending, len(s.held))
	}
}

func TestNoClientHoldsTheLoopWhileOutputComes(t *testing.T) {
	c := &console{clients: map[*stream]bool{}}
	ours, theirs := net.Pipe()
	defer theirs.Close()
	c.attach(&stream{conn: ours}, false)
	spread := make(chan struct{})
	go func() { defer close(spread); c.spread(channelStdout, []byte("x")) }()
	time.Sleep(50 * time.Millisecond) // it is writing
	others, _ := net.Pipe()
	inTime(t, "an attach", writePatience/2, func() { c.attach(&stream{conn: others}, false) })
	inTime(t, "a refusal", writePatience/2, func() { (&stream{conn: ours}).refuse("no") })
	<-spread
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if len(c.clients) != 1 {
		t.Errorf("%d clients, of which one reads nothing", len(c.clients))
	}
}

func TestASessionEndsWithItsClientThoughItsProgramReadsNothing(t *testing.T) {
	ours, theirs := unixPair(t)
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	e, st := &ends{stdin: write}, &stream{conn: ours}
	taken := make(chan struct{})
	go func() {
		defer close(taken)
		st.read(func(channel byte, payload []byte) { e.take(st, channel, payload) })
	}()
	peer := &stream{conn: theirs}
	go func() {
		peer.write(channelStdin, make([]byte, 200_000)) // more than a pipe holds
		peer.write(channelStdin, make([]byte, 10_000))
		theirs.Close()
	}()
	inTime(t, "the end of a session whose client left", 10*inputLook, func() { <-taken })
}

func TestNothingOfALongOrderStays(t *testing.T) {
	held := func() int64 {
		debug.FreeOSMemory()
		var now runtime.MemStats
		runtime.ReadMemStats(&now)
		return int64(now.HeapInuse)
	}
	s := supervised()
	before := held()
	source, sink := io.Pipe()
	go s.readOrders(source)
	defer sink.Close()
	io.WriteString(sink, `{"type":"ping","id":"`)
	io.CopyN(sink, endless{}, 20<<20)
	io.WriteString(sink, "\"}\n{\"type\":\"ping\"}\n")
	for count := 0; count < 2; count++ {
		(<-s.events)()
	}
	if grown := held() - before; grown > 4<<20 {
		t.Errorf("%d MiB stay while the connection does", grown>>20)
	}
}

// A slow reader: what waits in the pipe is kept until the patience ends; an empty pipe is given up.
func TestDrainWaitsForWhatNobodyHasReadYet(t *testing.T) {
	source, sink, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	defer sink.Close()
	p := newPump()
	p.sources = []*os.File{source}
	drainsWithin := func(patience time.Duration) bool {
		before := time.Now()
		p.drain(patience)
		return time.Since(before) < patience
	}
	sink.Write([]byte("last words"))
	if drainsWithin(4 * drainPatience) {
		t.Error("bytes were left in the pipe")
	}
	if _, err := source.Read(make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	if !drainsWithin(40 * drainPatience) {
		t.Error("an empty pipe was waited for")
	}
}

// A command's output is read however late its readers run; a grandchild that holds the pipe open or never stops is not waited for.
func TestOutputOfACommand(t *testing.T) {
	pipes := func() (out, outWrite, errs, errWrite *os.File) {
		out, outWrite, _ = os.Pipe()
		errs, errWrite, _ = os.Pipe()
		return
	}
	out, outWrite, errs, errWrite := pipes()
	output := outputOf(out, errs)
	errWrite.WriteString("two")
	outWrite.WriteString("one")
	outWrite.Close()
	errWrite.Close()
	if got := string(output()); got != "onetwo" {
		t.Errorf("wrote %q", got)
	}

	out, outWrite, errs, errWrite = pipes()
	output = outputOf(out, errs)
	outWrite.WriteString("held open")
	inTime(t, "the end of a command whose grandchild holds the pipe", 4*commandPatience, func() {
		if got := string(output()); got != "held open" {
			t.Errorf("wrote %q", got)
		}
	})

	out, outWrite, errs, errWrite = pipes()
	output = outputOf(out, errs)
	go func() {
		for _, err := errWrite.Write(make([]byte, 4096)); err == nil; _, err = errWrite.Write(make([]byte, 4096)) {
		}
	}()
	inTime(t, "the end of a command whose grandchild never stops", 4*commandPatience, func() {
		if got := len(output()); got != maxOutput {
			t.Errorf("kept %d bytes", got)
		}
	})
}

// A peer whose write fails loses what it has not read yet: runtimes destroy such a socket at once.
func TestAStreamThatEndedStillTakesWhatItsPeerSends(t *testing.T) {
	ours, theirs := unixPair(t)
	c := &console{clients: map[*stream]bool{}}
	st, peer := &stream{conn: ours}, &stream{conn: theirs}
	c.attach(st, false)
	st.write(channelStdout, []byte("last words"))
	c.ended(5)
	time.Sleep(50 * time.Millisecond)
	if err := peer.write(channelHalfClose, nil); err != nil {
		t.Errorf("the end of the input, sent before the end was read: %v", err)
	}
	var received []byte
	inTime(t, "the end of the stream", writePatience, func() {
		peer.read(func(channel byte, _ []byte) { received = append(received, channel) })
	})
	if string(received) != string([]byte{channelStdout, channelStatus}) {
		t.Errorf("channels %v", received)
	}
}
