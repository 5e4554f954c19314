// The container's main loop: signals and whatever else arrives, one at a time. All state of the container is owned by it.

package main

import (
	"net"
	"os"
	"strconv"
	"syscall"
	"time"
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

func (s *supervisor) acknowledged(forward bool) {
	s.termSeq++
	if !forward {
		return // term stays set: should this podlet die as well, the plan runs here after all
	}
	number, _ := strconv.Atoi(s.term)
	s.term = ""
	s.signalMain(syscall.Signal(number))
}

func (s *supervisor) after(wait time.Duration, then func()) *time.Timer {
	return time.AfterFunc(wait, func() { s.events <- then })
}
