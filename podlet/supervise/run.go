// A run of the main process from the order to its begin. See exit.go for its end.

package main

import (
	"strconv"
	"syscall"
)

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
