// Malformed input from a container or podlet, and the rules for users, links and signals, tested without a container.

package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"
)

func fixed(passwd, group string) accounts {
	return func(path string) ([]byte, error) {
		return []byte(map[string]string{"/etc/passwd": passwd, "/etc/group": group}[path]), nil
	}
}

func TestUsersByRuncsRules(t *testing.T) {
	const passwd = "root:x:0:0:root:/root:/bin/sh\n\n  app:x:1000:1001::/home/app:/bin/sh\n1000:x:0:0::/root:/bin/sh\nshort:x:5\nnegative:x:-1:0::/:\nhuge:x:4294967296:0::/:\nwords:x:abc:0::/:\nodd:x:7:-1::/:\napp:x:0:0::/:\n"
	const group = "root:x:0:\napp:x:1001:\nextra:x:50:other,app\nminus:x:-5:app\n2000:x:0:\nbad:x:99999999999:\n"
	rows := []struct {
		user, group, policy string
		uid, gid            int
		groups              []uint32
		home, failure       string
	}{
		{user: "", uid: 0, gid: 0, groups: []uint32{0}, home: "/root"},
		{user: "app", uid: 1000, gid: 1001, groups: []uint32{1001, 50, 9}, home: "/home/app"},
		{user: "1000", uid: 1000, gid: 1001, groups: []uint32{1001, 50, 9}, home: "/home/app"},
		{user: "1000", policy: "Strict", uid: 1000, gid: 1001, groups: []uint32{1001, 9}, home: "/home/app"},
		{user: "77", uid: 77, gid: 0, groups: []uint32{0, 9}, home: "/"},
		{user: "77", group: "app", uid: 77, gid: 1001, groups: []uint32{1001, 9}, home: "/"},
		{user: "77", group: "2000", uid: 77, gid: 2000, groups: []uint32{2000, 9}, home: "/"},
		{user: "2147483647", uid: 2147483647, gid: 0, groups: []uint32{0, 9}, home: "/"},
		{user: "2147483648", failure: "must be in range"},
		{user: "-1", failure: "must be in range"},
		{user: "99999999999999999999", failure: "unable to find user"},
		{user: "negative", failure: "must be in range"},
		{user: "huge", failure: "must be in range"},
		{user: "words", failure: "must be in range"},
		{user: "odd", failure: "must be in range"},
		{user: "short", failure: "must be in range"},
		{user: "nobody", failure: "unable to find user nobody: no matching entries in passwd file"},
		{user: "77", group: "nope", failure: "unable to find group nope: no matching entries in group file"},
		{user: "77", group: "-1", failure: "must be in range"},
		{user: "77", group: "bad", failure: "must be in range"},
	}
	for _, row := range rows {
		spec := processUser{User: row.user, Group: row.group, GroupsPolicy: row.policy, SupplementalGroups: []uint32{9}}
		if row.user == "" {
			spec.SupplementalGroups = nil
		}
		who, err := lookUp(spec, fixed(passwd, group))
		if row.failure != "" {
			if err == nil || !strings.Contains(err.Error(), row.failure) {
				t.Errorf("%q:%q: %v, wanted %q", row.user, row.group, err, row.failure)
			}
			continue
		}
		if want := (identity{row.uid, row.gid, row.groups, row.home}); err != nil || !reflect.DeepEqual(who, want) {
			t.Errorf("%q:%q: %+v %v, wanted %+v", row.user, row.group, who, err, want)
		}
	}
}

func TestRightsOnlyShrink(t *testing.T) {
	var most rights
	most.lower(processUser{NoNewPrivileges: true})
	first := most.keep
	drop := processUser{}
	drop.Capabilities.Drop = []string{"ALL"}
	most.lower(drop)
	most.lower(processUser{})
	if most.keep != 0 || !most.noNewPrivileges {
		t.Errorf("%x of %x, no new privileges %v", most.keep, first, most.noNewPrivileges)
	}
	most.began(identity{UID: 1000})
	most.lower(processUser{User: "0"})
	if !most.nonRoot {
		t.Error("a container that was not root may be so again")
	}
}

func TestAListenerOfThisContainerIsNoPodlet(t *testing.T) {
	directory := t.TempDir()
	listener, err := net.Listen("unix", directory+"/sock")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	held, err := os.Open(directory)
	if err != nil {
		t.Fatal(err)
	}
	// The kernel distinguishes them in this container: the first connection went to a podlet outside.
	if _, err := (&door{directory: held, strict: true}).dial(); !errors.Is(err, errStranger) {
		t.Errorf("dialled a stranger: %v", err)
	}
	// The directory is the one that was opened, whatever has its name by now.
	if err := os.Rename(directory, directory+".aside"); err != nil {
		t.Fatal(err)
	}
	if conn, err := (&door{directory: held, first: true}).dial(); err != nil {
		t.Errorf("the held directory: %v", err)
	} else {
		conn.Close()
	}
}

func TestOrdersThatAreNone(t *testing.T) {
	for _, line := range []string{
		"", "x", "null", "[]", "1", `""`, "{}", `{"type":1}`, `{"type":"start","run":"x"}`, `{"type":"start","run":1e99}`,
		`{"type":"start","argv":[1]}`, `{"type":"start","user":{"supplementalGroups":[-1]}}`, `{"type":"start","user":{"supplementalGroups":[4294967296]}}`,
		strings.Repeat("[", 20000), `{"type":"start"`,
	} {
		if received, err := parseOrder([]byte(line)); err == nil {
			t.Errorf("%.40s: taken as %+v", line, received)
		}
	}
	if received, err := parseOrder([]byte(`{"type":"kill","signal":"TERM","more":[{}]}`)); err != nil || received.Signal != "TERM" {
		t.Errorf("%+v %v", received, err)
	}
}

// supervised runs the loop's steps in this process, without a podlet.
func supervised() *supervisor {
	return &supervisor{events: make(chan func(), 1024), procs: map[int]*process{}, door: &door{}}
}

func (s *supervisor) settle() {
	for {
		select {
		case event := <-s.events:
			event()
		case <-time.After(20 * time.Millisecond):
			return
		}
	}
}

func TestNoOrderEndsALoopWithoutAProcess(t *testing.T) {
	s := supervised()
	s.run = 1 << 30 // starts are old ones
	for _, line := range []string{
		`{"type":"exec"}`, `{"type":"exec","argv":[]}`, `{"type":"session"}`, `{"type":"session","attach":true}`, `{"type":"kill"}`, `{"type":"kill","signal":"-1"}`,
		`{"type":"kill","signal":"SIGRTMAX+9"}`, `{"type":"ack"}`, `{"type":"ack","forward":true}`, `{"type":"ping"}`, `{"type":"nonsense"}`, `{"type":"start","run":5}`,
	} {
		received, err := parseOrder([]byte(line))
		if err != nil {
			t.Fatal(line, err)
		}
		s.obey(received)
		s.settle()
	}
}

func TestAPanicStaysWhereItIs(t *testing.T) {
	quiet, _ := os.Open(os.DevNull)
	defer func(before *os.File) { os.Stderr = before }(os.Stderr)
	os.Stderr = quiet
	done := make(chan bool)
	guarded("test", func() { defer close(done); panic("broken") })
	<-done
	careful(func() { var none *supervisor; none.send("x") })
}

func FuzzOrders(f *testing.F) {
	f.Add([]byte(`{"type":"start","run":1,"argv":["x"],"user":{"user":"0"}}` + "\n"))
	f.Add([]byte(`{"type":"kill","signal":"SIGRTMIN+3"}` + "\n\n{"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		s := supervised()
		s.run = 1 << 62
		if bytes.Contains(stream, []byte("quit")) {
			return
		}
		s.readOrders(bytes.NewReader(stream))
		for len(s.events) > 0 {
			(<-s.events)()
		}
	})
}

func FuzzFrames(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 1, 'x', 4, 0, 0, 0, 2, '{', '}', 255, 0, 0, 0, 0})
	f.Add([]byte{1, 255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, bytes []byte) {
		ours, theirs := net.Pipe()
		go func() {
			theirs.Write(bytes)
			theirs.Close()
		}()
		sum := 0
		(&stream{conn: ours}).read(func(_ byte, payload []byte) {
			sum += len(payload)
			resizeTerminal(nil, payload)
		})
		ours.Close()
		if sum > len(bytes) {
			t.Errorf("%d bytes out of %d", sum, len(bytes))
		}
	})
}

func TestFramesBeyondTheLimitAreNotRead(t *testing.T) {
	ours, theirs := net.Pipe()
	head := make([]byte, 5)
	binary.BigEndian.PutUint32(head[1:], maxFrame+1)
	go theirs.Write(head)
	(&stream{conn: ours}).read(func(byte, []byte) { t.Error("a frame came of it") })
}

func TestLinesBeyondTheLimitAreNoOrders(t *testing.T) {
	s := supervised()
	s.readOrders(io.MultiReader(strings.NewReader(`{"type":"ping","id":"`), io.LimitReader(endless{}, maxLine+1), strings.NewReader("\"}\n")))
	if len(s.events) != 0 {
		t.Error("an order came of it")
	}
}

type endless struct{}

func (endless) Read(into []byte) (int, error) {
	for index := range into {
		into[index] = 'x'
	}
	return len(into), nil
}

func TestWaitsThatNoClockHolds(t *testing.T) {
	for count, want := range map[float64]time.Duration{-5: 0, 0: 0, 1.5: 1500 * time.Millisecond, 2147483647: 2147483647 * time.Second, 1e10: longest, 9e15: longest, 1e300: longest} {
		if got := seconds(count); got != want {
			t.Errorf("%g s: %v, wanted %v", count, got, want)
		}
	}
}

func TestSignals(t *testing.T) {
	for name, number := range map[string]syscall.Signal{"15": 15, "TERM": 15, "SIGTERM": 15, "sigrtmin+3": 37, "RTMAX-2": 62, "": 0, "-1": 0, "0": 0, "65": 0, "SIGNOPE": 0, "RTMIN+x": 0, "RTMIN+99": 0, "RTMAX-99": 0, "RTMIN+-40": 0} {
		if got := signalNumber(name); got != number {
			t.Errorf("%q: %d, wanted %d", name, got, number)
		}
	}
	sets := signalSets("Name:\tx\nSigQ:\t0/1\nSigBlk:\t0000000000000002\nSigIgn:\t0000000000001000\nSigCgt:\t0000000180004002\n")
	if sets["SigCgt"]&bit(syscall.SIGTERM) == 0 || sets["SigIgn"]&bit(syscall.SIGPIPE) == 0 || sets["SigBlk"]&bit(syscall.SIGINT) == 0 || sets["SigCgt"]&bit(syscall.SIGHUP) != 0 {
		t.Errorf("%x", sets)
	}
	if dispositionOf(1<<30, syscall.SIGTERM) != unhandled {
		t.Error("a process that is gone handles nothing")
	}
}

func TestSignalsCarryTheirSender(t *testing.T) {
	info := func(number, pid uint32) []byte {
		one := make([]byte, infoSize)
		binary.LittleEndian.PutUint32(one, number)
		binary.LittleEndian.PutUint32(one[infoPid:], pid)
		return one
	}
	all := make(chan arrival, 8)
	readSignals(bytes.NewReader(bytes.Join([][]byte{info(15, 0), info(1, 77), info(13, uint32(os.Getpid())), {1, 2}}, nil)), all)
	if len(all) != 2 || (<-all) != (arrival{15, false}) || (<-all) != (arrival{1, true}) {
		t.Error("senders are mixed up")
	}
}

func TestRootFollowsRootsLinksOnly(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root")
	}
	directory := t.TempDir()
	path := func(name string) string { return filepath.Join(directory, name) }
	check := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	check(os.Mkdir(path("real"), 0o2770))
	check(os.Chown(path("real"), 0, 4321))
	check(syscall.Chmod(path("real"), 0o2770))
	check(os.Symlink("real", path("root-link")))
	check(os.Symlink("real", path("planted")))
	check(os.Lchown(path("planted"), 1000, 1000))
	check(os.Symlink("loop", path("loop")))
	check(os.Symlink("../../../../../../../../../../../.."+path("real"), path("far")))

	for name, want := range map[string]error{
		"real/x": nil, "root-link/x": nil, "far/x": nil, "real/../root-link/./x/": nil, "planted/x": errPlanted, "real/../planted/x": errPlanted,
		"loop/x": syscall.ELOOP, "missing/x": syscall.ENOENT,
	} {
		found, err := locate(path(name), nil, false)
		if !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("%s: %v, wanted %v", name, err, want)
		}
		if err == nil {
			found.close()
		}
	}
	check(makeLikeParent(path("root-link/a/b")))
	var state syscall.Stat_t
	check(syscall.Stat(path("real/a/b"), &state))
	if state.Gid != 4321 || state.Mode&0o7777 != 0o2770 {
		t.Errorf("made like its parent: group %d mode %o", state.Gid, state.Mode&0o7777)
	}
	check(os.WriteFile(path("real/file"), []byte("longer than new"), 0o640))
	check(os.Link(path("real/file"), path("real/message")))
	check(freshMessageFile(path("real/message")))
	check(writeInPlace(path("real/a/text"), []byte("new")))
	if text, _ := os.ReadFile(path("real/file")); string(text) != "longer than new" {
		t.Errorf("another name of the message file was emptied: %q", text)
	}
	if readMessage(path("planted/file"), 0) == "longer than new" {
		t.Error("a message was read through a planted link")
	}
	if before, after := openFiles(t), 0; true {
		for count := 0; count < 50; count++ {
			makeDirectories(path("real/deep/er"))
			freshMessageFile(path("planted/x"))
		}
		if after = openFiles(t); after > before+2 {
			t.Errorf("%d descriptors, then %d", before, after)
		}
	}
}

func openFiles(t *testing.T) int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func TestOwnWordsAreJSON(t *testing.T) {
	var word stageWord
	if err := json.Unmarshal([]byte(`{"who":{"uid":5,"gid":6,"groups":[7],"home":"/x"}}`), &word); err != nil || word.Who.UID != 5 || word.Who.Home != "/x" {
		t.Errorf("%+v %v", word.Who, err)
	}
}
