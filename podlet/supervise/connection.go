// The connection to the podlet: dialled for as long as the container lives; orders are read from it and reports are written to it.

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net"
	"runtime/debug"
	"time"
)

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

// hangUp closes the connection; the hello of the next one reports the state.
func (s *supervisor) hangUp() {
	if s.conn != nil {
		s.conn.Close()
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
