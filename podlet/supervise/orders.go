// What the podlet orders: each order is carried out at once, or waits for the run that it is for.

package main

import "os"

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

func (s *supervisor) obeyHeld() {
	held := s.held
	s.held = nil
	for _, one := range held {
		s.obey(one)
	}
}
