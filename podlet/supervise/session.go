// kubectl's sessions: exec and attach over a stream of frames.

package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

const (
	channelStdin     = 0
	channelStdout    = 1
	channelStderr    = 2
	channelStatus    = 3
	channelResize    = 4
	channelHalfClose = 255
	maxFrame         = 1 << 20
	pollIn           = 1
	pollError        = 8
	pollHangUp       = 16
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

// finish sends the final status of a stream; a client that takes it too slowly does not get it.
func (st *stream) finish(code int, text string) {
	st.conn.SetWriteDeadline(time.Now().Add(writePatience))
	st.status(code, text)
	st.leave()
}

// leave closes only our direction and lets the peer close its own: writes to a closed connection would fail, and take unread data
// with them. The reader of the stream closes it at the peer's end, or when that does not come in time.
func (st *stream) leave() {
	half, known := st.conn.(interface{ CloseWrite() error })
	if !known || half.CloseWrite() != nil {
		st.conn.Close()
		return
	}
	st.conn.SetReadDeadline(time.Now().Add(leavePatience))
}

// refuse runs outside the loop.
func (st *stream) refuse(text string) {
	guarded("stream", func() {
		st.finish(126, text)
		io.Copy(io.Discard, st.conn)
		st.conn.Close()
	})
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
	conn, err := s.door.dial()
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
		s.events <- func() { s.attach(st, received.Stdin) }
		return
	}
	s.events <- func() { s.execSession(received, st) }
}

func (s *supervisor) execSession(received *order, st *stream) {
	main := s.main
	if main == nil {
		st.refuse("container is not running")
		return
	}
	if !main.begun() {
		// The user is known only once the main program runs.
		s.whenBegun(main, func() { s.execSession(received, st) })
		return
	}
	ends, err := openEnds(received.TTY, received.Stdin)
	if err != nil {
		st.refuse(err.Error())
		return
	}
	proc, err := s.spawn(s.stageFor(received.Argv, received.TTY), ends.child)
	ends.closeChild()
	if err != nil {
		ends.close()
		st.refuse(err.Error())
		return
	}
	copied := ends.pump(st)
	proc.onExit = func(code int) {
		go func() {
			copied.drain(0)
			<-proc.staged
			st.status(code, proc.stageError)
			st.leave()
			ends.close()
		}()
	}
	go func() {
		st.read(func(channel byte, payload []byte) { ends.take(st, channel, payload) })
		st.conn.Close()
		s.events <- func() {
			if !proc.exited {
				syscall.Kill(-proc.pid, syscall.SIGKILL)
			}
		}
	}()
}

// A pump copies output; it is drained when its sources ended, or when nothing moves and nothing waits (a grandchild keeps them open).
type pump struct {
	end     chan struct{}
	sources []*os.File
	mutex   sync.Mutex
	busy    int
	moved   time.Time
	group   sync.WaitGroup
}

func newPump() *pump { return &pump{end: make(chan struct{}), moved: time.Now()} }

func (p *pump) mark(busy int) {
	p.mutex.Lock()
	p.busy += busy
	p.moved = time.Now()
	p.mutex.Unlock()
}

func (p *pump) copy(source *os.File, write func([]byte) bool) {
	p.sources = append(p.sources, source)
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

// drain without a patience waits as long as output moves.
func (p *pump) drain(patience time.Duration) {
	var late <-chan time.Time
	if patience > 0 {
		late = time.After(patience)
	}
	// The last output may not have been read yet, however long the process was silent before.
	p.mark(0)
	for {
		select {
		case <-p.end:
			return
		case <-late:
			return
		case <-time.After(drainPatience / 5):
		}
		p.mutex.Lock()
		idle := p.busy == 0 && time.Since(p.moved) > drainPatience
		p.mutex.Unlock()
		// On a loaded machine the reader may not have run for that long.
		if idle && !p.waits() {
			return
		}
	}
}

// waits asks whether a source has unread bytes, or an unread end.
func (p *pump) waits() bool {
	for _, source := range p.sources {
		if polled(source, pollIn)&(pollIn|pollHangUp) != 0 {
			return true
		}
	}
	return false
}

func (s *supervisor) attach(st *stream, stdin bool) {
	if s.io == nil || s.main == nil {
		st.refuse("container is not running")
		return
	}
	s.io.attach(st, stdin)
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
	if err != nil {
		e.closeChild()
		e.close()
		return nil, err
	}
	return e, nil
}

func (e *ends) closeChild() {
	for _, file := range e.child {
		if file != nil {
			file.Close() // a terminal's three are the same file: closing it twice is harmless
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

// input passes a client's input on to the process. A process that reads nothing blocks the client, which may still disconnect.
func (e *ends) input(from *stream, payload []byte) {
	for len(payload) > 0 {
		e.stdin.SetWriteDeadline(time.Now().Add(inputLook))
		count, err := e.stdin.Write(payload)
		payload = payload[count:]
		if err != nil && (!errors.Is(err, os.ErrDeadlineExceeded) || hungUp(from.conn)) {
			return
		}
	}
}

// hungUp asks whether the peer has closed, even if earlier input is still unread.
func hungUp(conn net.Conn) bool {
	unix, known := conn.(*net.UnixConn)
	return known && polled(unix, 0)&(pollError|pollHangUp) != 0
}

// polled returns the pending events of a descriptor without waiting; a closed one reports an error.
func polled(file syscall.Conn, events int16) int16 {
	raw, err := file.SyscallConn()
	if err != nil {
		return pollError
	}
	look := struct {
		fd              int32
		events, revents int16
	}{events: events}
	failure := raw.Control(func(fd uintptr) {
		look.fd = int32(fd)
		var now syscall.Timespec
		if _, _, errno := syscall.Syscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&look)), 1, uintptr(unsafe.Pointer(&now)), 0, 0, 0); errno != 0 {
			look.revents = 0
		}
	})
	if failure != nil {
		return pollError
	}
	return look.revents
}

func (e *ends) take(from *stream, channel byte, payload []byte) {
	switch channel {
	case channelStdin:
		if e.stdin != nil {
			e.input(from, payload)
		}
	case channelHalfClose:
		if e.tty == nil && e.stdin != nil {
			e.stdin.Close()
		} else if e.tty != nil {
			e.input(from, []byte{4}) // a terminal has no half-close: end of transmission
		}
	case channelResize:
		resizeTerminal(e.tty, payload)
	}
}
