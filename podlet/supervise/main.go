// supervise is PID 1 of every container of a pod: it starts the real process when the podlet says so, reports its exit,
// runs probes, hooks and sessions beside it, and reaps. It executes orders; every rule of Kubernetes lives in the podlet.
// The same file is the stage that drops root before a process begins, and (--init) a plain init for the podlet itself.
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

const (
	socketPath     = "/.droppod/ctl/sock"
	stageName      = "droppod-stage"
	defaultPath    = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	maxOutput      = 10 * 1024
	maxLine        = 8 << 20
	maxMessage     = 4096
	ackPatience    = 3 * time.Second
	firstRedial    = 5 * time.Millisecond
	slowestRedial  = 500 * time.Millisecond
	bootRedial     = 15 * time.Millisecond
	pipeUnread     = 0x541b // FIONREAD
	bootPatience   = 3 * time.Second
	writePatience  = 2 * time.Second
	drainPatience  = 250 * time.Millisecond
	minimumGrace   = 2 * time.Second
	memoryLook     = 500 * time.Millisecond
	restartFloor   = 100 * time.Millisecond
	restartCeiling = 5 * time.Second
)

func main() {
	switch {
	case os.Args[0] == stageName:
		runStage()
	case len(os.Args) > 2 && os.Args[1] == "--init":
		os.Exit(runInit(os.Args[2:]))
	default:
		newSupervisor().serve()
	}
}

type processUser struct {
	User               string   `json:"user"`
	Group              string   `json:"group"`
	SupplementalGroups []uint32 `json:"supplementalGroups"`
	GroupsPolicy       string   `json:"groupsPolicy"`
	NoNewPrivileges    bool     `json:"noNewPrivileges"`
	Capabilities       struct {
		Add  []string `json:"add"`
		Drop []string `json:"drop"`
	} `json:"capabilities"`
	Umask *int `json:"umask"`
}

type stopPlan struct {
	Signal              string   `json:"signal"`
	GraceSeconds        float64  `json:"graceSeconds"`
	PreStop             []string `json:"preStop"`
	PreStopSleepSeconds float64  `json:"preStopSleepSeconds"`
}

type order struct {
	Type          string      `json:"type"`
	ID            string      `json:"id"`
	Run           int         `json:"run"`
	Argv          []string    `json:"argv"`
	Env           []string    `json:"env"`
	Cwd           string      `json:"cwd"`
	CwdMustExist  bool        `json:"cwdMustExist"`
	User          processUser `json:"user"`
	MessagePath   string      `json:"terminationMessagePath"`
	MessageBytes  int         `json:"terminationMessageBytes"`
	Stop          stopPlan    `json:"stop"`
	LogNonce      string      `json:"logNonce"`
	TTY           bool        `json:"tty"`
	Stdin         bool        `json:"stdin"`
	StdinOnce     bool        `json:"stdinOnce"`
	Attach        bool        `json:"attach"`
	TimeoutMillis int         `json:"timeoutMs"`
	Signal        string      `json:"signal"`
	Forward       bool        `json:"forward"`
	Files         []struct {
		Path    string `json:"path"`
		Content string `json:"content"`
	} `json:"files"`
	Links []struct {
		Link   string `json:"link"`
		Target string `json:"target"`
	} `json:"links"`
}

type exited struct {
	Type       string `json:"type,omitempty"`
	Run        int    `json:"run"`
	Code       int    `json:"code"`
	OOM        bool   `json:"oom"`
	StartError string `json:"startError,omitempty"`
	Message    string `json:"message,omitempty"`
	StartedAt  string `json:"startedAt,omitempty"`
	At         string `json:"at"`
}

type hello struct {
	Type      string  `json:"type"`
	Run       int     `json:"run"`
	Pid       int     `json:"pid"`
	StartedAt string  `json:"startedAt,omitempty"`
	Exit      *exited `json:"exit,omitempty"`
	Term      string  `json:"term,omitempty"`
	User      *owner  `json:"user,omitempty"`
}

// owner is as whom the newest run began.
type owner struct {
	UID    int      `json:"uid"`
	GID    int      `json:"gid"`
	Groups []uint32 `json:"groups"`
}

type started struct {
	Type string `json:"type"`
	Run  int    `json:"run"`
	Pid  int    `json:"pid"`
	At   string `json:"at"`
	User *owner `json:"user,omitempty"`
}

type done struct {
	Type     string `json:"type"`
	ID       string `json:"id"`
	Code     int    `json:"code"`
	TimedOut bool   `json:"timedOut"`
	Output   string `json:"output"`
	Error    string `json:"error,omitempty"`
}

type note struct {
	Type   string `json:"type"`
	Signal string `json:"signal,omitempty"`
	ID     string `json:"id,omitempty"`
}

func timestamp() string { return time.Now().UTC().Format("2006-01-02T15:04:05.000000Z") }

type supervisor struct {
	events  chan func()
	conn    net.Conn
	procs   map[int]*process
	started *order
	main    *process
	last    *exited
	run     int
	marked  int
	began   string
	owner   *owner
	io      *console
	term    string
	alone   *aloneStop
	termSeq int
}

func newSupervisor() *supervisor {
	return &supervisor{events: make(chan func(), 64), procs: map[int]*process{}}
}

func (s *supervisor) serve() {
	if os.Getpid() != 1 {
		// Shared PID namespace: orphans of this container must come here, not to the pod's PID 1.
		prctl(prSetChildSubreaper, 1)
	}
	signals := make(chan os.Signal, 64)
	signal.Notify(signals)
	go s.dialForever()
	for {
		select {
		case event := <-s.events:
			event()
		case received := <-signals:
			s.onSignal(received.(syscall.Signal))
		}
	}
}

func (s *supervisor) onSignal(received syscall.Signal) {
	switch received {
	case syscall.SIGCHLD:
		s.reap()
	case syscall.SIGURG, syscall.SIGPIPE, syscall.SIGCONT, syscall.SIGTTIN, syscall.SIGTTOU, syscall.SIGTSTP:
		// The runtime's own preemption signal, and job control: none is an engine's stop signal.
	case syscall.SIGWINCH:
		// Some images stop by WINCH; with an outer terminal it only says that its size changed.
		if s.io == nil || !s.io.outerTTY {
			s.onTerm(received)
		}
	default:
		// The engine sends the image's STOPSIGNAL, whichever that is.
		s.onTerm(received)
	}
}

func (s *supervisor) onTerm(received syscall.Signal) {
	s.term = strconv.Itoa(int(received))
	s.send(note{Type: "term", Signal: s.term})
	s.awaitAck()
}

// Without an answer in time the stop plan runs here; an answer (or a newer wait) makes the timer stale.
func (s *supervisor) awaitAck() {
	s.termSeq++
	seq := s.termSeq
	s.after(ackPatience, func() {
		if seq == s.termSeq && s.term != "" {
			s.stopAlone()
		}
	})
}

func (s *supervisor) after(wait time.Duration, then func()) {
	time.AfterFunc(wait, func() { s.events <- then })
}

func (s *supervisor) dialForever() {
	wait, since := firstRedial, time.Now()
	for {
		conn, err := net.Dial("unix", socketPath)
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

// A podlet that boots is met within milliseconds; one that stays away costs nothing.
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

func (s *supervisor) readOrders(conn net.Conn) {
	lines := bufio.NewScanner(conn)
	lines.Buffer(make([]byte, 0, 16*1024), maxLine)
	for lines.Scan() {
		received := &order{}
		if json.Unmarshal(lines.Bytes(), received) != nil {
			return
		}
		s.events <- func() { s.obey(received) }
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
	}
	s.send(hello{Type: "hello", Run: s.run, Pid: pid, StartedAt: s.began, Exit: s.last, Term: s.term, User: s.owner})
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
	switch received.Type {
	case "start":
		s.start(received)
	case "exec":
		s.exec(received)
	case "session":
		go s.session(received)
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

func (s *supervisor) acknowledged(forward bool) {
	s.termSeq++
	if !forward {
		return // term stays set: should this podlet die as well, the plan runs here after all
	}
	number, _ := strconv.Atoi(s.term)
	s.term = ""
	s.signalMain(syscall.Signal(number))
}

// A process that has not begun hears of nothing: the signal waits until its program runs, KILL does not.
func (s *supervisor) signalMain(number syscall.Signal) {
	main := s.main
	if main == nil || number <= 0 {
		return
	}
	if number == syscall.SIGKILL || main.begun() {
		syscall.Kill(main.pid, number)
		return
	}
	go func() {
		<-main.staged
		s.events <- func() {
			if s.main == main {
				syscall.Kill(main.pid, number)
			}
		}
	}()
}

func (s *supervisor) start(received *order) {
	if received.Run <= s.run || s.main != nil {
		s.sendHello()
		return
	}
	s.run, s.started, s.last, s.began, s.owner = received.Run, received, nil, "", nil
	if err := s.prepare(received); err != nil {
		s.failStart(err.Error())
		return
	}
	s.io = openConsole(received)
	spec := stageFor(received, received.Argv, received.TTY)
	spec.CwdMustExist = received.CwdMustExist
	main, err := s.spawn(spec, s.io.child)
	s.io.closeChild()
	if err != nil {
		s.failStart(err.Error())
		return
	}
	s.main = main
	if who, err := lookUp(received.User); err == nil {
		s.owner = &owner{UID: who.uid, GID: who.gid, Groups: who.groups}
	}
	oomBefore := oomKills()
	s.began = timestamp()
	main.onExit = func(code int) { s.mainExited(main, code, oomBefore) }
	s.watchMemory(main, oomBefore)
	s.io.run()
	go func() {
		<-main.staged
		s.events <- func() {
			if main.stageError == "" && s.main == main {
				s.send(started{Type: "started", Run: received.Run, Pid: main.pid, At: s.began, User: s.owner})
			}
		}
	}()
}

func (s *supervisor) prepare(received *order) error {
	for _, file := range received.Files {
		// In place: hosts and resolv.conf are mounts of the engine. A read-only root refuses, as documented.
		os.WriteFile(file.Path, []byte(file.Content), 0o644)
	}
	for _, link := range received.Links {
		if err := makeLink(link.Link, link.Target); err != nil {
			return err
		}
	}
	if err := freshMessageFile(received.MessagePath); err != nil {
		return err
	}
	if received.Run > 1 {
		s.markLog(received.Run)
	}
	return nil
}

// What follows in the log belongs to `run`. Written at the end of the run before: the engine keeps a line without an end
// to itself until more comes, and nothing may ever come.
func (s *supervisor) markLog(run int) {
	if s.started.LogNonce == "" || s.marked == run {
		return
	}
	s.marked = run
	marker := []byte("\x1e" + s.started.LogNonce + " " + strconv.Itoa(run) + "\n")
	syscall.Write(1, marker)
	syscall.Write(2, marker)
}

func makeLink(link, target string) error {
	if err := makeLikeParent(target); err != nil {
		return fmt.Errorf("failed to create subPath directory: %v", err)
	}
	if current, err := os.Readlink(link); err == nil && current == target {
		return nil
	}
	os.MkdirAll(filepath.Dir(link), 0o755)
	err := os.Remove(link) // an empty directory or a file of the image gives way, as under a mount
	if errors.Is(err, syscall.EBUSY) {
		return overwrite(link, target)
	}
	if err := os.Symlink(target, link); err != nil {
		if hasMountInside(link) {
			return fmt.Errorf("failed to prepare subPath for %s: another volume is mounted inside it", link)
		}
		if err := os.RemoveAll(link); err != nil {
			return err
		}
		return os.Symlink(target, link)
	}
	return nil
}

// What is mounted there belongs to others: it must not be removed with the directory that gives way.
func hasMountInside(path string) bool {
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return true
	}
	for _, line := range strings.Split(string(text), "\n") {
		if fields := strings.Fields(line); len(fields) > 4 && strings.HasPrefix(fields[4], strings.ReplaceAll(path, " ", `\040`)+"/") {
			return true
		}
	}
	return false
}

// A mount of the engine (hosts, hostname, resolv.conf) cannot give way: it gets the content.
func overwrite(path, source string) error {
	content, err := os.ReadFile(source)
	if err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o644)
}

// A missing subPath becomes a directory with the mode and group of the volume's own.
func makeLikeParent(path string) error {
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		return err
	}
	parent := filepath.Dir(path)
	if err := makeLikeParent(parent); err != nil {
		return err
	}
	like, err := os.Stat(parent)
	if err != nil {
		return err
	}
	if err := os.Mkdir(path, 0o755); err != nil {
		return err
	}
	if owner, known := like.Sys().(*syscall.Stat_t); known {
		os.Chown(path, -1, int(owner.Gid))
	}
	return os.Chmod(path, like.Mode())
}

func freshMessageFile(path string) error {
	if path == "" {
		return nil
	}
	os.MkdirAll(filepath.Dir(path), 0o755)
	if state, err := os.Lstat(path); err == nil && !state.Mode().IsRegular() {
		os.Remove(path)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY|syscall.O_NOFOLLOW, 0o666)
	if err != nil {
		return nil // a read-only root: reading it later says so
	}
	defer file.Close()
	return file.Chmod(0o666)
}

func (s *supervisor) failStart(text string) {
	s.main = nil
	s.dropConsole(128)
	s.last = &exited{Run: s.run, Code: 128, StartError: text, At: timestamp()}
	s.report()
}

// A container that outgrows its memory ends as a whole (the kubelet sets memory.oom.group), not only the process that the
// kernel chose: nobody would notice a server whose workers are killed.
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
	at := timestamp()
	s.main = nil
	s.killRest()
	<-main.staged
	if main.stageError != "" {
		s.began = ""
		s.failStart(main.stageError)
		return
	}
	s.dropConsole(code)
	s.markLog(s.run + 1)
	awaitDrain()
	// The runtime says so whatever the code is: one that outlived a killed child may have any.
	oom := oomKills() > oomBefore
	s.last = &exited{Run: s.run, Code: code, OOM: oom, Message: s.terminationMessage(), StartedAt: s.began, At: at}
	s.report()
}

// What the process wrote last shall be with the engine before anyone hears of the exit and asks for the log.
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

func (s *supervisor) dropConsole(code int) {
	if s.io != nil {
		s.io.ended(code)
		s.io = nil
	}
}

// The kubelet reads the last 4096 bytes, then cuts to the pod's budget from the start.
func (s *supervisor) terminationMessage() string {
	path := s.started.MessagePath
	if path == "" {
		return ""
	}
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		if os.IsNotExist(err) {
			return ""
		}
		return fmt.Sprintf("Error on reading termination log %s: %v", path, err)
	}
	defer file.Close()
	state, err := file.Stat()
	if err != nil || !state.Mode().IsRegular() {
		return ""
	}
	if state.Size() > maxMessage {
		file.Seek(-maxMessage, io.SeekEnd)
	}
	text, _ := io.ReadAll(io.LimitReader(file, maxMessage))
	if budget := s.started.MessageBytes; budget > 0 && len(text) > budget {
		text = text[:budget]
	}
	return string(text)
}

type aloneStop struct{ deadline time.Time }

func (s *supervisor) stopAlone() {
	if s.alone != nil {
		return
	}
	if s.main == nil {
		if s.last != nil {
			os.Exit(s.last.Code)
		}
		os.Exit(0)
	}
	plan := s.started.Stop
	grace := seconds(plan.GraceSeconds)
	s.alone = &aloneStop{deadline: time.Now().Add(grace)}
	once := new(sync.Once)
	finish := func() { once.Do(s.signalAlone) }
	switch {
	case len(plan.PreStop) > 0:
		s.command(plan.PreStop, 0, func(done) { finish() })
		s.after(grace, finish)
	case plan.PreStopSleepSeconds > 0:
		s.after(seconds(plan.PreStopSleepSeconds), finish)
	default:
		finish()
	}
}

func (s *supervisor) signalAlone() {
	stop := signalNumber(s.started.Stop.Signal)
	if stop <= 0 {
		stop = syscall.SIGTERM
	}
	s.signalMain(stop)
	rest := time.Until(s.alone.deadline)
	if rest < minimumGrace {
		rest = minimumGrace
	}
	s.after(rest, func() { s.signalMain(syscall.SIGKILL) })
}

func seconds(count float64) time.Duration { return time.Duration(count * float64(time.Second)) }

func (s *supervisor) exec(received *order) {
	if s.main == nil {
		s.send(done{Type: "done", ID: received.ID, Code: 128, Error: "container is not running"})
		return
	}
	s.command(received.Argv, time.Duration(received.TimeoutMillis)*time.Millisecond, func(result done) {
		result.ID = received.ID
		s.send(result)
	})
}

// Runs argv as the container's user in its own process group, keeps the first 10 KiB of output, tells `then` once.
func (s *supervisor) command(argv []string, timeout time.Duration, then func(done)) {
	out, outWrite, err1 := os.Pipe()
	errs, errWrite, err2 := os.Pipe()
	null, err3 := os.Open("/dev/null")
	if err1 != nil || err2 != nil || err3 != nil {
		then(done{Type: "done", Code: 128, Error: "no file descriptors"})
		return
	}
	proc, err := s.spawn(stageFor(s.started, argv, false), [3]*os.File{null, outWrite, errWrite})
	outWrite.Close()
	errWrite.Close()
	null.Close()
	if err != nil {
		out.Close()
		errs.Close()
		then(done{Type: "done", Code: 128, Error: err.Error()})
		return
	}
	stdout, stderr := collect(out), collect(errs)
	timedOut := false
	if timeout > 0 {
		s.after(timeout, func() {
			if proc.exited {
				return
			}
			timedOut = true
			syscall.Kill(-proc.pid, syscall.SIGKILL)
		})
	}
	proc.onExit = func(code int) {
		go func() {
			output := append(stdout.wait(), stderr.wait()...)
			if len(output) > maxOutput {
				output = output[:maxOutput]
			}
			<-proc.staged
			s.events <- func() {
				then(done{Type: "done", Code: code, TimedOut: timedOut, Output: base64.StdEncoding.EncodeToString(output), Error: proc.stageError})
			}
		}()
	}
}

type collector struct {
	source *os.File
	bytes  []byte
	mutex  sync.Mutex
	end    chan struct{}
}

func collect(source *os.File) *collector {
	c := &collector{source: source, end: make(chan struct{})}
	go func() {
		defer close(c.end)
		chunk := make([]byte, 4096)
		for {
			count, err := source.Read(chunk)
			c.mutex.Lock()
			if room := maxOutput - len(c.bytes); room > 0 {
				if count > room {
					count = room
				}
				c.bytes = append(c.bytes, chunk[:count]...)
			}
			c.mutex.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return c
}

// A grandchild may hold the pipe open: its output is not waited for.
func (c *collector) wait() []byte {
	select {
	case <-c.end:
	case <-time.After(drainPatience):
	}
	c.source.Close()
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return append([]byte{}, c.bytes...)
}

type process struct {
	pid        int
	onExit     func(code int)
	exited     bool
	staged     chan struct{}
	stageError string
}

// begun: the stage has become the program, or has failed to.
func (p *process) begun() bool {
	select {
	case <-p.staged:
		return true
	default:
		return false
	}
}

// Starts the stage that becomes the process. stdio is inherited as it is: no copy lies between the app and its log.
func (s *supervisor) spawn(spec stageSpec, stdio [3]*os.File) (*process, error) {
	specRead, specWrite, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	errorRead, errorWrite, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	attributes := &syscall.ProcAttr{
		Dir:   "/",
		Files: []uintptr{stdio[0].Fd(), stdio[1].Fd(), stdio[2].Fd(), specRead.Fd(), errorWrite.Fd()},
		Sys:   &syscall.SysProcAttr{Setsid: true, Setctty: spec.TTY},
	}
	pid, err := syscall.ForkExec("/proc/self/exe", []string{stageName}, attributes)
	specRead.Close()
	errorWrite.Close()
	if err != nil {
		specWrite.Close()
		errorRead.Close()
		return nil, err
	}
	proc := &process{pid: pid, staged: make(chan struct{})}
	s.procs[pid] = proc
	go func() {
		json.NewEncoder(specWrite).Encode(spec)
		specWrite.Close()
		text, _ := io.ReadAll(errorRead)
		errorRead.Close()
		proc.stageError = string(text)
		close(proc.staged)
	}()
	return proc, nil
}

// reap collects every ended child; true: there are no children left at all.
func (s *supervisor) reap() bool {
	for {
		var state syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &state, syscall.WNOHANG, nil)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || pid <= 0 {
			return err == syscall.ECHILD
		}
		if proc := s.procs[pid]; proc != nil {
			delete(s.procs, pid)
			proc.exited = true
			if proc.onExit != nil {
				proc.onExit(exitCode(state))
			}
		}
	}
}

func exitCode(state syscall.WaitStatus) int {
	if state.Signaled() {
		return 128 + int(state.Signal())
	}
	return state.ExitStatus()
}

// A container's other processes do not outlive its main process.
func (s *supervisor) killRest() {
	for attempt := 0; attempt < 400; attempt++ {
		if os.Getpid() == 1 {
			syscall.Kill(-1, syscall.SIGKILL)
		} else {
			killFamily()
		}
		if s.reap() {
			return
		}
		time.Sleep(time.Duration(attempt+1) * 100 * time.Microsecond)
		if attempt > 100 {
			time.Sleep(5 * time.Millisecond)
		}
	}
}

// With a shared PID namespace the container is told by its cgroup: neighbours stay untouched.
func killFamily() {
	own, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return
	}
	self := os.Getpid()
	entries, _ := os.ReadDir("/proc")
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil || pid == self || pid == 1 {
			continue
		}
		group, err := os.ReadFile("/proc/" + entry.Name() + "/cgroup")
		if err == nil && string(group) == string(own) {
			syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// oomKills reads how often the kernel killed in this container (cgroup v1, else v2).
func oomKills() int {
	for _, path := range []string{"/sys/fs/cgroup/memory/memory.oom_control", "/sys/fs/cgroup/memory.events"} {
		text, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		for _, line := range strings.Split(string(text), "\n") {
			if fields := strings.Fields(line); len(fields) == 2 && fields[0] == "oom_kill" {
				count, _ := strconv.Atoi(fields[1])
				return count
			}
		}
	}
	return 0
}

const (
	channelStdin     = 0
	channelStdout    = 1
	channelStderr    = 2
	channelStatus    = 3
	channelResize    = 4
	channelHalfClose = 255
	maxFrame         = 1 << 20
)

type stream struct {
	conn  net.Conn
	mutex sync.Mutex
}

func (st *stream) write(channel byte, payload []byte) error {
	frame := make([]byte, 5+len(payload))
	frame[0] = channel
	binary.BigEndian.PutUint32(frame[1:5], uint32(len(payload)))
	copy(frame[5:], payload)
	st.mutex.Lock()
	defer st.mutex.Unlock()
	_, err := st.conn.Write(frame)
	return err
}

func (st *stream) status(code int, text string) {
	payload, _ := json.Marshal(struct {
		Code  int    `json:"code"`
		Error string `json:"error,omitempty"`
	}{code, text})
	st.write(channelStatus, payload)
}

// read calls `take` for every frame until the peer is gone.
func (st *stream) read(take func(channel byte, payload []byte)) {
	source := bufio.NewReader(st.conn)
	head := make([]byte, 5)
	for {
		if _, err := io.ReadFull(source, head); err != nil {
			return
		}
		size := binary.BigEndian.Uint32(head[1:])
		if size > maxFrame {
			return
		}
		payload := make([]byte, size)
		if _, err := io.ReadFull(source, payload); err != nil {
			return
		}
		take(head[0], payload)
	}
}

func (s *supervisor) session(received *order) {
	conn, err := net.Dial("unix", socketPath)
	if err != nil {
		return
	}
	line, _ := json.Marshal(note{Type: "stream", ID: received.ID})
	if _, err := conn.Write(append(line, '\n')); err != nil {
		conn.Close()
		return
	}
	st := &stream{conn: conn}
	if received.Attach {
		s.events <- func() { s.attach(st) }
		return
	}
	s.events <- func() { s.execSession(received, st) }
}

func (s *supervisor) execSession(received *order, st *stream) {
	if s.main == nil {
		st.status(126, "container is not running")
		st.conn.Close()
		return
	}
	ends, err := openEnds(received.TTY, received.Stdin)
	if err != nil {
		st.status(126, err.Error())
		st.conn.Close()
		return
	}
	proc, err := s.spawn(stageFor(s.started, received.Argv, received.TTY), ends.child)
	ends.closeChild()
	if err != nil {
		ends.close()
		st.status(126, err.Error())
		st.conn.Close()
		return
	}
	copied := ends.pump(st)
	proc.onExit = func(code int) {
		go func() {
			copied.drain()
			<-proc.staged
			st.status(code, proc.stageError)
			st.conn.Close()
			ends.close()
		}()
	}
	go func() {
		st.read(ends.take)
		s.events <- func() {
			if !proc.exited {
				syscall.Kill(-proc.pid, syscall.SIGKILL)
			}
		}
	}()
}

// A pump copies output; it is drained when its sources ended, or when nothing moves (a grandchild holds them open).
type pump struct {
	end   chan struct{}
	mutex sync.Mutex
	busy  int
	moved time.Time
	group sync.WaitGroup
}

func newPump() *pump { return &pump{end: make(chan struct{}), moved: time.Now()} }

func (p *pump) mark(busy int) {
	p.mutex.Lock()
	p.busy += busy
	p.moved = time.Now()
	p.mutex.Unlock()
}

func (p *pump) copy(source io.Reader, write func([]byte) bool) {
	p.group.Add(1)
	go func() {
		defer p.group.Done()
		chunk := make([]byte, 32*1024)
		for {
			count, err := source.Read(chunk)
			p.mark(1)
			more := count == 0 || write(chunk[:count])
			p.mark(-1)
			if err != nil || !more {
				return
			}
		}
	}()
}

func (p *pump) seal() { go func() { p.group.Wait(); close(p.end) }() }

func (p *pump) drain() {
	// What the process wrote last may not have been read yet, however long it was silent before.
	p.mark(0)
	for {
		select {
		case <-p.end:
			return
		case <-time.After(drainPatience / 5):
		}
		p.mutex.Lock()
		idle := p.busy == 0 && time.Since(p.moved) > drainPatience
		p.mutex.Unlock()
		if idle {
			return
		}
	}
}

func (s *supervisor) attach(st *stream) {
	if s.io == nil || s.main == nil {
		st.status(126, "container is not running")
		st.conn.Close()
		return
	}
	s.io.attach(st)
}

// ends are the two sides of a process's stdio: a terminal, or pipes.
type ends struct {
	child  [3]*os.File
	tty    *os.File
	stdin  *os.File
	stdout *os.File
	stderr *os.File
	once   sync.Once
}

func openEnds(tty, stdin bool) (*ends, error) {
	if tty {
		master, slave, err := openTerminal()
		if err != nil {
			return nil, err
		}
		return &ends{child: [3]*os.File{slave, slave, slave}, tty: master, stdin: master, stdout: master}, nil
	}
	e := &ends{}
	var err error
	if stdin {
		e.child[0], e.stdin, err = os.Pipe()
	} else {
		e.child[0], err = os.Open("/dev/null")
	}
	if err == nil {
		e.stdout, e.child[1], err = os.Pipe()
	}
	if err == nil {
		e.stderr, e.child[2], err = os.Pipe()
	}
	return e, err
}

func (e *ends) closeChild() {
	for _, file := range e.child {
		if file != nil {
			file.Close() // the terminal's three are one: closing twice is harmless
		}
	}
}

func (e *ends) close() {
	e.once.Do(func() {
		for _, file := range []*os.File{e.stdin, e.stdout, e.stderr} {
			if file != nil {
				file.Close()
			}
		}
	})
}

func (e *ends) pump(st *stream) *pump {
	copied := newPump()
	copied.copy(e.stdout, func(bytes []byte) bool { return st.write(channelStdout, bytes) == nil })
	if e.stderr != nil {
		copied.copy(e.stderr, func(bytes []byte) bool { return st.write(channelStderr, bytes) == nil })
	}
	copied.seal()
	return copied
}

func (e *ends) take(channel byte, payload []byte) {
	switch channel {
	case channelStdin:
		if e.stdin != nil {
			e.stdin.Write(payload)
		}
	case channelHalfClose:
		if e.tty == nil && e.stdin != nil {
			e.stdin.Close()
		} else if e.tty != nil {
			e.tty.Write([]byte{4}) // a terminal knows no half-close: end of transmission
		}
	case channelResize:
		resizeTerminal(e.tty, payload)
	}
}

type console struct {
	child     [3]*os.File
	ends      *ends
	outerTTY  bool
	stdinOnce bool
	stdin     bool
	mutex     sync.Mutex
	clients   map[*stream]bool
	copied    *pump
}

func openConsole(received *order) *console {
	c := &console{stdin: received.Stdin, stdinOnce: received.StdinOnce, clients: map[*stream]bool{}, outerTTY: isTerminal(1)}
	if received.TTY || received.Stdin {
		if e, err := openEnds(received.TTY, received.Stdin); err == nil {
			c.ends, c.child = e, e.child
			if c.outerTTY {
				makeRaw(1)
			}
			return c
		}
	}
	c.child = [3]*os.File{nil, os.Stdout, os.Stderr}
	if c.child[0], _ = os.Open("/dev/null"); c.child[0] == nil {
		c.child[0] = os.Stdin
	}
	return c
}

func (c *console) closeChild() {
	if c.ends != nil {
		c.ends.closeChild()
	} else if c.child[0] != os.Stdin {
		c.child[0].Close()
	}
}

func (c *console) run() {
	if c.ends == nil {
		return
	}
	c.copied = newPump()
	forward := func(source *os.File, fd int, channel byte) {
		c.copied.copy(source, func(bytes []byte) bool {
			writeAll(fd, bytes)
			c.spread(channel, bytes)
			return true
		})
	}
	forward(c.ends.stdout, 1, channelStdout)
	if c.ends.stderr != nil {
		forward(c.ends.stderr, 2, channelStderr)
	}
	c.copied.seal()
}

func writeAll(fd int, bytes []byte) {
	for len(bytes) > 0 {
		count, err := syscall.Write(fd, bytes)
		if err != nil && err != syscall.EINTR && err != syscall.EAGAIN {
			return
		}
		if count > 0 {
			bytes = bytes[count:]
		}
	}
}

func (c *console) spread(channel byte, bytes []byte) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for client := range c.clients {
		client.conn.SetWriteDeadline(time.Now().Add(writePatience))
		if client.write(channel, bytes) != nil {
			client.conn.Close()
			delete(c.clients, client)
		}
	}
}

func (c *console) attach(st *stream) {
	c.mutex.Lock()
	c.clients[st] = true
	c.mutex.Unlock()
	go func() {
		st.read(func(channel byte, payload []byte) {
			if c.ends != nil && !(channel == channelHalfClose && !c.stdinOnce) {
				c.ends.take(channel, payload)
			}
		})
		c.mutex.Lock()
		delete(c.clients, st)
		c.mutex.Unlock()
		st.conn.Close()
		if c.stdinOnce && c.ends != nil {
			c.ends.take(channelHalfClose, nil)
		}
	}()
}

func (c *console) ended(code int) {
	if c.ends != nil {
		if c.copied != nil {
			c.copied.drain()
		}
		c.ends.close()
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for client := range c.clients {
		client.status(code, "")
		client.conn.Close()
	}
	c.clients = map[*stream]bool{}
}

func openTerminal() (master, slave *os.File, err error) {
	master, err = os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, nil, err
	}
	unlock, number := 0, uint32(0)
	if err = fileIoctl(master, syscall.TIOCSPTLCK, unsafe.Pointer(&unlock)); err == nil {
		err = fileIoctl(master, syscall.TIOCGPTN, unsafe.Pointer(&number))
	}
	if err == nil {
		slave, err = os.OpenFile("/dev/pts/"+strconv.Itoa(int(number)), os.O_RDWR|syscall.O_NOCTTY, 0)
	}
	if err != nil {
		master.Close()
		return nil, nil, err
	}
	return master, slave, nil
}

func resizeTerminal(terminal *os.File, payload []byte) {
	var size struct{ Width, Height uint16 }
	if terminal == nil || json.Unmarshal(payload, &size) != nil {
		return
	}
	window := struct{ rows, columns, x, y uint16 }{size.Height, size.Width, 0, 0}
	fileIoctl(terminal, syscall.TIOCSWINSZ, unsafe.Pointer(&window))
}

func isTerminal(fd int) bool {
	var state syscall.Termios
	return ioctl(uintptr(fd), syscall.TCGETS, unsafe.Pointer(&state)) == nil
}

// The inner terminal already translates line ends: the engine's must not do it again.
func makeRaw(fd int) {
	var state syscall.Termios
	if ioctl(uintptr(fd), syscall.TCGETS, unsafe.Pointer(&state)) == nil {
		state.Oflag &^= syscall.OPOST
		state.Lflag &^= syscall.ECHO | syscall.ICANON | syscall.ISIG
		ioctl(uintptr(fd), syscall.TCSETS, unsafe.Pointer(&state))
	}
}

// File.Fd would make the terminal blocking, and then closing it could not end a read.
func fileIoctl(file *os.File, request uintptr, argument unsafe.Pointer) error {
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	failure := raw.Control(func(fd uintptr) { err = ioctl(fd, request, argument) })
	if failure != nil {
		return failure
	}
	return err
}

func ioctl(fd uintptr, request uintptr, argument unsafe.Pointer) error {
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, fd, request, uintptr(argument)); errno != 0 {
		return errno
	}
	return nil
}

type stageSpec struct {
	Argv         []string
	Env          []string
	Cwd          string
	CwdMustExist bool
	User         processUser
	TTY          bool
}

func stageFor(from *order, argv []string, tty bool) stageSpec {
	return stageSpec{Argv: argv, Env: from.Env, Cwd: from.Cwd, User: from.User, TTY: tty}
}

// runStage becomes the process that the spec on fd 3 describes; what stands in the way goes as text to fd 4.
func runStage() {
	runtime.LockOSThread() // credentials belong to the thread that will exec
	syscall.CloseOnExec(3)
	syscall.CloseOnExec(4)
	var spec stageSpec
	err := json.NewDecoder(os.NewFile(3, "spec")).Decode(&spec)
	if err == nil {
		err = become(spec)
	}
	os.NewFile(4, "error").WriteString(err.Error())
	os.Exit(128)
}

func become(spec stageSpec) error {
	who, err := lookUp(spec.User)
	if err != nil {
		return err
	}
	env := withDefaults(spec, who)
	cwd := spec.Cwd
	if cwd == "" {
		cwd = "/"
	}
	if !spec.CwdMustExist {
		os.MkdirAll(cwd, 0o755) // runc makes a missing working directory
	}
	for fd := 0; fd < 3; fd++ {
		// An app that reopens /dev/stdout must own the pipe (runc does the same).
		if who.uid != 0 && !isNull(fd) {
			syscall.Fchown(fd, who.uid, -1)
		}
	}
	if err := dropTo(who, spec.User); err != nil {
		return err
	}
	if err := syscall.Chdir(cwd); err != nil {
		return fmt.Errorf("chdir to cwd (%q) set in config.json failed: %v", cwd, err)
	}
	if spec.User.Umask != nil {
		syscall.Umask(*spec.User.Umask)
	} else {
		syscall.Umask(0o022)
	}
	path, err := findExecutable(spec.Argv, env)
	if err != nil {
		return err
	}
	return fmt.Errorf("exec %s: %v", path, syscall.Exec(path, spec.Argv, env))
}

func isNull(fd int) bool {
	var state, null syscall.Stat_t
	return syscall.Fstat(fd, &state) == nil && syscall.Stat("/dev/null", &null) == nil && state.Rdev == null.Rdev
}

func withDefaults(spec stageSpec, who identity) []string {
	env := append([]string{}, spec.Env...)
	if lookupEnv(env, "PATH") == "" {
		env = append(env, "PATH="+defaultPath)
	}
	if lookupEnv(env, "HOME") == "" {
		env = append(env, "HOME="+who.home)
	}
	if spec.TTY && lookupEnv(env, "TERM") == "" {
		env = append(env, "TERM=xterm")
	}
	return env
}

func lookupEnv(env []string, name string) string {
	value := ""
	for _, entry := range env {
		if strings.HasPrefix(entry, name+"=") {
			value = entry[len(name)+1:]
		}
	}
	return value
}

// findExecutable searches as runc does: a name with a slash as it is, others along the process's own PATH.
func findExecutable(argv, env []string) (string, error) {
	if len(argv) == 0 {
		return "", fmt.Errorf("no command specified")
	}
	name := argv[0]
	if strings.Contains(name, "/") {
		if err := checkExecutable(name); err != nil {
			return "", fmt.Errorf("exec: %q: %v", name, err)
		}
		return name, nil
	}
	for _, directory := range filepath.SplitList(lookupEnv(env, "PATH")) {
		if directory == "" {
			directory = "."
		}
		path := directory + "/" + name
		if checkExecutable(path) == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("exec: %q: executable file not found in $PATH", name)
}

func checkExecutable(path string) error {
	state, err := os.Stat(path)
	if err != nil {
		return err
	}
	if state.IsDir() {
		return fmt.Errorf("is a directory")
	}
	if state.Mode()&0o111 == 0 {
		return fmt.Errorf("permission denied")
	}
	return nil
}

type identity struct {
	uid, gid int
	groups   []uint32
	home     string
}

// lookUp resolves the user by the image's own passwd and group files.
func lookUp(user processUser) (identity, error) {
	who := identity{home: "/"}
	name := user.User
	if name == "" {
		name = "0"
	}
	uid, err := strconv.Atoi(name)
	entry := findEntry("/etc/passwd", 7, func(fields []string) bool {
		return fields[0] == name || err == nil && fields[2] == strconv.Itoa(uid)
	})
	login := ""
	switch {
	case entry != nil:
		login, who.home = entry[0], entry[5]
		who.uid, _ = strconv.Atoi(entry[2])
		who.gid, _ = strconv.Atoi(entry[3])
	case err == nil:
		who.uid = uid
	default:
		return who, fmt.Errorf("unable to find user %s: no matching entries in passwd file", name)
	}
	if user.Group != "" {
		if who.gid, err = lookUpGroup(user.Group); err != nil {
			return who, err
		}
	}
	who.groups = append(who.groups, uint32(who.gid))
	if user.GroupsPolicy != "Strict" && login != "" {
		who.groups = append(who.groups, memberships(login)...)
	}
	who.groups = append(who.groups, user.SupplementalGroups...)
	who.groups = unique(who.groups)
	return who, nil
}

func lookUpGroup(name string) (int, error) {
	if gid, err := strconv.Atoi(name); err == nil {
		return gid, nil
	}
	entry := findEntry("/etc/group", 3, func(fields []string) bool { return fields[0] == name })
	if entry == nil {
		return 0, fmt.Errorf("unable to find group %s: no matching entries in group file", name)
	}
	return strconv.Atoi(entry[2])
}

func findEntry(path string, width int, matches func([]string) bool) []string {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	for _, line := range strings.Split(string(text), "\n") {
		if fields := strings.Split(line, ":"); len(fields) >= width && matches(fields) {
			return fields
		}
	}
	return nil
}

func memberships(login string) []uint32 {
	var groups []uint32
	findEntry("/etc/group", 4, func(fields []string) bool {
		for _, member := range strings.Split(fields[3], ",") {
			if gid, err := strconv.Atoi(fields[2]); err == nil && member == login {
				groups = append(groups, uint32(gid))
			}
		}
		return false
	})
	return groups
}

func unique(groups []uint32) []uint32 {
	seen := map[uint32]bool{}
	kept := groups[:0]
	for _, group := range groups {
		if !seen[group] {
			seen[group] = true
			kept = append(kept, group)
		}
	}
	return kept
}

const (
	prCapBSetRead       = 23
	prCapBSetDrop       = 24
	prSetChildSubreaper = 36
	prSetNoNewPrivs     = 38
	prCapAmbient        = 47
	prCapAmbientClear   = 4
	capVersion3         = 0x20080522
)

var capabilityNames = strings.Fields(`CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE
	NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT
	SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE
	MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE`)

func dropTo(who identity, user processUser) error {
	if err := setGroups(who.groups); err != nil {
		return fmt.Errorf("setgroups: %v", err)
	}
	if err := rawCall(syscall.SYS_SETRESGID, who.gid, who.gid, who.gid); err != nil {
		return fmt.Errorf("setgid: %v", err)
	}
	keep := keptCapabilities(user)
	prctl(prCapAmbient, prCapAmbientClear)
	for number := range capabilityNames {
		if keep&(1<<uint(number)) == 0 && inBoundingSet(number) {
			prctl(prCapBSetDrop, uintptr(number))
		}
	}
	if err := rawCall(syscall.SYS_SETRESUID, who.uid, who.uid, who.uid); err != nil {
		return fmt.Errorf("setuid: %v", err)
	}
	if who.uid == 0 {
		setCapabilities(keep)
	}
	if user.NoNewPrivileges {
		prctl(prSetNoNewPrivs, 1)
	}
	return nil
}

// keptCapabilities: what the container has, less drop, plus those of add that it has.
func keptCapabilities(user processUser) uint64 {
	have := uint64(0)
	for number := range capabilityNames {
		if inBoundingSet(number) {
			have |= 1 << uint(number)
		}
	}
	return (have &^ capabilitySet(user.Capabilities.Drop)) | (have & capabilitySet(user.Capabilities.Add))
}

func capabilitySet(names []string) uint64 {
	set := uint64(0)
	for _, name := range names {
		name = strings.TrimPrefix(strings.ToUpper(name), "CAP_")
		for number, known := range capabilityNames {
			if name == known || name == "ALL" {
				set |= 1 << uint(number)
			}
		}
	}
	return set
}

func inBoundingSet(number int) bool {
	value, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, prCapBSetRead, uintptr(number), 0)
	return errno == 0 && value == 1
}

func prctl(option int, argument uintptr) {
	syscall.RawSyscall6(syscall.SYS_PRCTL, uintptr(option), argument, 0, 0, 0, 0)
}

func rawCall(number uintptr, a, b, c int) error {
	if _, _, errno := syscall.RawSyscall(number, uintptr(a), uintptr(b), uintptr(c)); errno != 0 {
		return errno
	}
	return nil
}

func setGroups(groups []uint32) error {
	if len(groups) == 0 {
		return rawCall(syscall.SYS_SETGROUPS, 0, 0, 0)
	}
	_, _, errno := syscall.RawSyscall(syscall.SYS_SETGROUPS, uintptr(len(groups)), uintptr(unsafe.Pointer(&groups[0])), 0)
	runtime.KeepAlive(groups)
	if errno != 0 {
		return errno
	}
	return nil
}

// Root keeps the set and passes none on as inheritable.
func setCapabilities(keep uint64) {
	header := struct {
		version uint32
		pid     int32
	}{capVersion3, 0}
	type part struct{ effective, permitted, inheritable uint32 }
	low, high := uint32(keep), uint32(keep>>32)
	parts := [2]part{{low, low, 0}, {high, high, 0}}
	syscall.RawSyscall(syscall.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&parts[0])), 0)
}

var signalNames = map[string]syscall.Signal{
	"HUP": 1, "INT": 2, "QUIT": 3, "ILL": 4, "TRAP": 5, "ABRT": 6, "IOT": 6, "BUS": 7, "FPE": 8, "KILL": 9, "USR1": 10, "SEGV": 11,
	"USR2": 12, "PIPE": 13, "ALRM": 14, "TERM": 15, "STKFLT": 16, "CHLD": 17, "CONT": 18, "STOP": 19, "TSTP": 20, "TTIN": 21,
	"TTOU": 22, "URG": 23, "XCPU": 24, "XFSZ": 25, "VTALRM": 26, "PROF": 27, "WINCH": 28, "IO": 29, "POLL": 29, "PWR": 30, "SYS": 31,
	"RTMIN": 34, "RTMAX": 64,
}

// signalNumber understands 15, TERM, SIGTERM, SIGRTMIN+3 and SIGRTMAX-2; 0 for anything else.
func signalNumber(name string) syscall.Signal {
	if number, err := strconv.Atoi(name); err == nil && number > 0 && number <= 64 {
		return syscall.Signal(number)
	}
	name = strings.TrimPrefix(strings.ToUpper(name), "SIG")
	if number, known := signalNames[name]; known {
		return number
	}
	for base, sign := range map[string]int{"RTMIN+": 1, "RTMAX-": -1} {
		if offset, err := strconv.Atoi(strings.TrimPrefix(name, base)); err == nil && strings.HasPrefix(name, base) {
			return signalNames[base[:5]] + syscall.Signal(sign*offset)
		}
	}
	return 0
}

// runInit keeps argv running: a crash is not the pod's death, only exit 0 ends the container. It reaps and passes signals on.
func runInit(argv []string) int {
	signals := make(chan os.Signal, 64)
	signal.Notify(signals)
	wait := restartFloor
	for {
		began := time.Now()
		code, err := runChild(argv, signals)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 128
		}
		if code == 0 {
			return 0
		}
		if time.Since(began) > time.Minute {
			wait = restartFloor
		}
		time.Sleep(wait)
		if wait *= 2; wait > restartCeiling {
			wait = restartCeiling
		}
	}
}

func runChild(argv []string, signals <-chan os.Signal) (int, error) {
	pid, err := syscall.ForkExec(argv[0], argv, &syscall.ProcAttr{Env: os.Environ(), Files: []uintptr{0, 1, 2}})
	if err != nil {
		return 0, fmt.Errorf("exec %s: %v", argv[0], err)
	}
	for received := range signals {
		if received != syscall.SIGCHLD {
			if received != syscall.SIGURG {
				syscall.Kill(pid, received.(syscall.Signal))
			}
			continue
		}
		for {
			var state syscall.WaitStatus
			ended, err := syscall.Wait4(-1, &state, syscall.WNOHANG, nil)
			if err == syscall.EINTR {
				continue
			}
			if err != nil || ended <= 0 {
				break
			}
			if ended == pid {
				return exitCode(state), nil
			}
		}
	}
	return 0, nil
}
