// The end of a run: the exit is reported once the output has been flushed and the termination message read.

package main

import (
	"os"
	"syscall"
	"time"
	"unsafe"
)

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
