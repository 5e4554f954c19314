// The main loop of a container: the connection to the podlet, its orders, and each run of the main process from start to report.

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net"
	"os"
	"runtime/debug"
	"strconv"
	"syscall"
	"time"
	"unsafe"
)

type supervisor struct {
	events    chan func()
	conn      net.Conn
	door      *door
	procs     map[int]*process
	started   *order
	main      *process
	last      *exited
	run       int
	marked    int
	began     string
	reported  int
	who       *identity
	whoFor    processUser
	rights    rights
	roots     []*root
	used      bool
	restoring bool
	ending    *process // has exited, and its output and message are being read
	held      []*order
	io        *console
	term      string
	alone     *aloneStop
	termSeq   int
	filled    bool
}

func newSupervisor() *supervisor {
	return &supervisor{events: make(chan func(), 64), procs: map[int]*process{}, door: openDoor()}
}

func (s *supervisor) serve() {
	if os.Getpid() != 1 {
		// Shared PID namespace: orphans of this container must come here, not to the pod's PID 1.
		_ = prctl(prSetChildSubreaper, 1)
		// And other containers' processes see this one. (As PID 1 it stays open to those with its rights: /proc/1/fd/1 is the log.)
		_ = hide()
	}
	signals, err := arrivals()
	if err != nil {
		fail(err)
	}
	guarded("connection", s.dialForever)
	for {
		select {
		case event := <-s.events:
			careful(event)
		case arrived := <-signals:
			careful(func() { s.onSignal(arrived) })
		}
	}
}

func (s *supervisor) onSignal(arrived arrival) {
	switch number := arrived.number; {
	case number == syscall.SIGCHLD:
		s.reap()
	case arrived.inside:
		s.signalMain(number)
	case isJobControl(number):
		// No engine stops a container with it.
	case number == syscall.SIGWINCH && s.io != nil && s.io.outerTTY:
		// Some images stop by WINCH; with an outer terminal it only means that the size changed.
	default:
		// The engine sends the image's STOPSIGNAL, whichever that is.
		s.onTerm(number)
	}
}

func isJobControl(number syscall.Signal) bool {
	switch number {
	case syscall.SIGURG, syscall.SIGPIPE, syscall.SIGCONT, syscall.SIGTTIN, syscall.SIGTTOU, syscall.SIGTSTP:
		return true
	}
	return false
}

func (s *supervisor) onTerm(received syscall.Signal) {
	s.term = strconv.Itoa(int(received))
	s.send(note{Type: "term", Signal: s.term})
	s.awaitAck()
}

// Without an answer in time the stop plan runs here; an answer, or a newer wait, makes the timer void.
func (s *supervisor) awaitAck() {
	s.termSeq++
	seq := s.termSeq
	s.after(ackPatience, func() {
		if seq == s.termSeq && s.term != "" {
			s.stopAlone()
		}
	})
}

func (s *supervisor) after(wait time.Duration, then func()) *time.Timer {
	return time.AfterFunc(wait, func() { s.events <- then })
}

func (s *supervisor) dialForever() {
	wait, since := firstRedial, time.Now()
	for {
		conn, err := s.door.dial()
		if err != nil {
			time.Sleep(wait)
			wait = nextRedial(wait, time.Since(since))
			continue
		}
		opened := time.Now()
		s.events <- func() { s.connected(conn) }
		s.readOrders(conn)
		conn.Close()
		s.events <- func() { s.disconnected(conn) }
		if time.Since(opened) < slowestRedial {
			time.Sleep(10 * firstRedial)
		}
		wait, since = firstRedial, time.Now()
	}
}

// A booting podlet is found within milliseconds; one that stays away costs next to nothing.
func nextRedial(wait, tried time.Duration) time.Duration {
	limit := slowestRedial
	if tried < bootPatience {
		limit = bootRedial
	}
	if wait = wait * 3 / 2; wait > limit {
		return limit
	}
	return wait
}

// An invalid line ends the connection; the orders before it hold. The memory of a long line is freed.
func (s *supervisor) readOrders(conn io.Reader) {
	defer report("orders")
	source := bufio.NewReaderSize(conn, 16*1024)
	for {
		line, err := readLine(source)
		if err != nil {
			return
		}
		received, err := parseOrder(line)
		if err != nil {
			return
		}
		s.events <- func() { s.obey(received) }
		if len(line) > longLine {
			// This process's memory counts against the container's limit.
			s.after(longLineUse, func() { guarded("memory", debug.FreeOSMemory) })
		}
	}
}

// readLine reuses no buffer: one as large as the longest line would stay for the container's life.
func readLine(source *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := source.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > maxLine:
			return nil, errOrder
		case err == nil, err == io.EOF && len(line) > 0:
			return bytes.TrimRight(line, "\r\n"), nil
		case err != bufio.ErrBufferFull:
			return nil, err
		}
	}
}

func (s *supervisor) connected(conn net.Conn) {
	s.conn = conn
	s.sendHello()
}

func (s *supervisor) disconnected(conn net.Conn) {
	if s.conn == conn {
		s.conn = nil
	}
	if s.term != "" && s.alone == nil {
		s.awaitAck()
	}
}

func (s *supervisor) sendHello() {
	pid := 0
	if s.main != nil {
		pid = s.main.pid
	} else if s.ending != nil {
		pid = s.ending.pid // its exit follows
	}
	s.send(hello{Type: "hello", Run: s.run, Pid: pid, StartedAt: s.began, Exit: s.last, Term: s.term, User: s.owner()})
}

func (s *supervisor) send(message interface{}) {
	if s.conn == nil {
		return
	}
	line, _ := json.Marshal(message)
	s.conn.SetWriteDeadline(time.Now().Add(writePatience))
	if _, err := s.conn.Write(append(line, '\n')); err != nil {
		s.conn.Close() // the reader ends too; hello repeats what was lost
	}
}

func (s *supervisor) obey(received *order) {
	if s.waits(received) {
		if len(s.held) == maxHeld {
			s.hangUp()
			return
		}
		s.held = append(s.held, received)
		return
	}
	switch received.Type {
	case "start":
		s.start(received)
	case "exec":
		s.exec(received)
	case "session":
		guarded("session", func() { s.session(received) })
	case "kill":
		s.signalMain(signalNumber(received.Signal))
	case "ack":
		s.acknowledged(received.Forward)
	case "quit":
		s.killRest()
		os.Exit(0)
	case "ping":
		s.send(note{Type: "pong"})
	}
}

// waits: the order is for a run that is about to begin, or that begins once the one before has been reported.
func (s *supervisor) waits(received *order) bool {
	switch received.Type {
	case "start":
		return s.ending != nil
	case "exec", "session", "kill":
		return s.restoring || len(s.held) > 0
	}
	return false
}

// hangUp closes the connection; the hello of the next one reports the state.
func (s *supervisor) hangUp() {
	if s.conn != nil {
		s.conn.Close()
	}
}

func (s *supervisor) acknowledged(forward bool) {
	s.termSeq++
	if !forward {
		return // term stays set: should this podlet die as well, the plan runs here after all
	}
	number, _ := strconv.Atoi(s.term)
	s.term = ""
	s.signalMain(syscall.Signal(number))
}

func (s *supervisor) start(received *order) {
	if received.Run <= s.run || s.main != nil {
		s.sendHello()
		return
	}
	s.run, s.started, s.last, s.began = received.Run, received, nil, ""
	s.rights.lower(received.User)
	if !received.User.sameAccount(s.whoFor) {
		s.who, s.whoFor = nil, received.User
	}
	if len(s.roots) == 0 {
		s.begin(received)
		return
	}
	s.restoring = true
	s.killRest() // what the engine put into the container between two runs
	guarded("root", func() {
		left := &leftover{Paths: []string{"/"}}
		defer func() {
			s.events <- func() {
				if left != nil {
					left.Type, left.Run = "leftover", received.Run
					s.send(left)
				}
				s.restoring = false
				s.begin(received)
				s.obeyHeld()
			}
		}()
		left = restoreAll(s.roots)
	})
}

func (s *supervisor) obeyHeld() {
	held := s.held
	s.held = nil
	for _, one := range held {
		s.obey(one)
	}
}

// begin starts the ordered run once the root has been restored.
func (s *supervisor) begin(received *order) {
	if err := s.prepare(received); err != nil {
		s.failStart(err.Error())
		return
	}
	noted := s.noteRoot(received)
	s.io = openConsole(received)
	spec := s.stageFor(received.Argv, received.TTY)
	spec.after, spec.Main = noted, true
	main, err := s.spawn(spec, s.io.child)
	s.io.closeChild()
	if err != nil {
		s.failStart(err.Error())
		return
	}
	s.main = main
	oomBefore := oomKills()
	s.began = timestamp()
	main.onExit = func(code int) { s.mainExited(main, code, oomBefore) }
	s.watchMemory(main, oomBefore)
	s.io.run()
	received.Files, received.Copies = nil, nil // they are in place; what this process holds is the container's memory
	s.whenBegun(main, func() {
		if s.main == main {
			s.reportStarted(main)
		}
	})
}

// reportStarted reports once per run that its program runs, and as which user.
func (s *supervisor) reportStarted(main *process) {
	if main.stageError != "" || s.reported == s.run {
		return
	}
	s.reported = s.run
	if main.who != nil {
		s.who = main.who
		s.rights.began(*main.who)
	}
	s.send(started{Type: "started", Run: s.run, Pid: main.pid, At: s.began, User: s.owner()})
}

// owner is the user of the newest run; nil until its program runs.
func (s *supervisor) owner() *owner {
	if s.who == nil || s.reported != s.run {
		return nil
	}
	return &owner{UID: s.who.UID, GID: s.who.GID, Groups: s.who.Groups}
}

// whenBegun calls `then` once the stage has become the program, or has failed to.
func (s *supervisor) whenBegun(main *process, then func()) {
	guarded("begin", func() {
		<-main.staged
		s.events <- then
	})
}

func (s *supervisor) prepare(received *order) error {
	for _, file := range received.Files {
		// In place: hosts and resolv.conf are mounts of the engine. It fails with a read-only root, as documented.
		_ = writeInPlace(file.Path, []byte(file.Content))
	}
	for _, link := range received.Links {
		if err := makeLink(link.Link, link.Target); err != nil {
			return err
		}
	}
	if err := s.putContent(received); err != nil {
		return err
	}
	if err := freshMessageFile(received.MessagePath); err != nil {
		return err
	}
	if received.Run > 1 {
		s.markLog(received.Run)
	}
	return nil
}

// noteRoot starts to record the root before anything has run in it. The channel is closed when a program may change it.
func (s *supervisor) noteRoot(received *order) <-chan struct{} {
	fresh := !s.used
	if s.used = true; !fresh || received.RunsOnce {
		return nil
	}
	own := ownPaths(received)
	if devices := newRoot("/dev", own); devices != nil && !received.DevicesMounted {
		devices.note() // a few names
		s.roots = append(s.roots, devices)
	}
	top := newRoot("", own)
	if top == nil {
		return nil
	}
	s.roots = append(s.roots, top)
	guarded("root", top.note)
	return top.first
}

// The mark starts the part of the log that belongs to `run`. It is written at the end of the run before, because the engine holds
// back a line without an end until more follows, which may be never.
func (s *supervisor) markLog(run int) {
	if s.started.LogNonce == "" || s.marked == run {
		return
	}
	s.marked = run
	marker := []byte("\x1e" + s.started.LogNonce + " " + strconv.Itoa(run) + "\n")
	syscall.Write(1, marker)
	syscall.Write(2, marker)
}

func (s *supervisor) failStart(text string) {
	s.main = nil
	if s.io != nil {
		shown := s.io
		guarded("console", func() { shown.ended(128) })
		s.io = nil
	}
	s.last = &exited{Run: s.run, Code: 128, StartError: text, At: timestamp()}
	s.report()
}

// A container that exceeds its memory ends as a whole (the kubelet sets memory.oom.group), not only the process that the kernel
// chose: nobody would notice a server whose workers are killed.
func (s *supervisor) watchMemory(main *process, oomBefore int) {
	s.after(memoryLook, func() {
		switch {
		case s.main != main:
		case oomKills() > oomBefore:
			syscall.Kill(main.pid, syscall.SIGKILL)
		default:
			s.watchMemory(main, oomBefore)
		}
	})
}

func (s *supervisor) mainExited(main *process, code int, oomBefore int) {
	last := &exited{Run: s.run, Code: code, StartedAt: s.began, At: timestamp()}
	s.main, s.ending = nil, main
	s.killRest()
	s.settleExit(main, last, oomBefore)
}

// settleExit reports the exit once the output is flushed and the termination message is read. Either may be held up (a client that
// does not read, a log that nobody takes, a network file system): the loop goes on, but starts no next run.
func (s *supervisor) settleExit(main *process, last *exited, oomBefore int) {
	shown, message, budget := s.io, s.started.MessagePath, s.started.MessageBytes
	s.io = nil
	guarded("end", func() {
		defer func() { s.events <- func() { s.mainEnded(last) } }()
		<-main.staged
		if main.stageError != "" {
			*last = exited{Run: last.Run, Code: 128, StartError: main.stageError, At: timestamp()}
			shown.ended(last.Code)
			return
		}
		s.events <- func() { s.reportStarted(main) }
		shown.ended(last.Code)
		s.markLog(last.Run + 1) // the loop writes no mark before it has begun the next run
		awaitDrain()
		// The runtime reports OOM whatever the code is: a program that outlived a killed child may exit with any.
		last.OOM = oomKills() > oomBefore
		last.Message = readMessage(message, budget)
	})
}

func (s *supervisor) mainEnded(last *exited) {
	s.ending, s.last = nil, last
	if last.StartError != "" {
		s.began = ""
	}
	s.report()
	s.obeyHeld()
}

// The last output must have reached the engine before anyone learns of the exit and asks for the log.
func awaitDrain() {
	for pause := 50 * time.Microsecond; pause < 200*time.Millisecond; pause *= 2 {
		unread := 0
		for _, fd := range []uintptr{1, 2} {
			waiting := int32(0)
			syscall.Syscall(syscall.SYS_IOCTL, fd, pipeUnread, uintptr(unsafe.Pointer(&waiting)))
			unread += int(waiting)
		}
		if unread == 0 {
			return
		}
		time.Sleep(pause)
	}
}

func (s *supervisor) report() {
	line := *s.last
	line.Type = "exited"
	s.send(line)
	if s.alone != nil {
		os.Exit(s.last.Code)
	}
}
