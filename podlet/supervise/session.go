// kubectl's sessions: exec and attach over a stream of frames.

package main

import (
	"encoding/json"
	"syscall"
)

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

func (s *supervisor) attach(st *stream, stdin bool) {
	if s.io == nil || s.main == nil {
		st.refuse("container is not running")
		return
	}
	s.io.attach(st, stdin)
}
