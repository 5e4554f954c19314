// Probes and hooks by exec: a command beside the main process, with its output and a time limit.

package main

import (
	"encoding/base64"
	"os"
	"sync"
	"syscall"
	"time"
)

func (s *supervisor) exec(received *order) {
	s.command(received.Argv, seconds(float64(received.TimeoutMillis)/1000), func(result done) {
		result.ID = received.ID
		s.send(result)
	})
}

// command runs argv as the container's user in its own process group, keeps the first 10 KiB of output, and calls `then` once.
func (s *supervisor) command(argv []string, timeout time.Duration, then func(done)) {
	main := s.main
	if main == nil {
		then(done{Type: "done", Code: 128, Error: "container is not running"})
		return
	}
	if !main.begun() {
		// The user is known only once the main program runs.
		s.whenBegun(main, func() { s.command(argv, timeout, then) })
		return
	}
	out, outWrite, err1 := os.Pipe()
	errs, errWrite, err2 := os.Pipe()
	null, err3 := os.Open("/dev/null")
	if err1 != nil || err2 != nil || err3 != nil {
		for _, file := range []*os.File{out, outWrite, errs, errWrite, null} {
			file.Close()
		}
		then(done{Type: "done", Code: 128, Error: "no file descriptors"})
		return
	}
	proc, err := s.spawn(s.stageFor(argv, false), [3]*os.File{null, outWrite, errWrite})
	outWrite.Close()
	errWrite.Close()
	null.Close()
	if err != nil {
		out.Close()
		errs.Close()
		then(done{Type: "done", Code: 128, Error: err.Error()})
		return
	}
	output := outputOf(out, errs)
	timedOut := false
	var limit *time.Timer
	if timeout > 0 {
		limit = s.after(timeout, func() {
			if proc.exited {
				return
			}
			timedOut = true
			syscall.Kill(-proc.pid, syscall.SIGKILL)
		})
	}
	proc.onExit = func(code int) {
		if limit != nil {
			limit.Stop() // it may be years away
		}
		go func() {
			written := output()
			<-proc.staged
			s.events <- func() {
				then(done{Type: "done", Code: code, TimedOut: timedOut, Output: base64.StdEncoding.EncodeToString(written), Error: proc.stageError})
			}
		}()
	}
}

// A collector keeps the beginning of a command's output and reads and drops the rest, so that nothing blocks on a full pipe.
type collector struct {
	bytes []byte
	mutex sync.Mutex
}

func (c *collector) take(chunk []byte) bool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if room := maxOutput - len(c.bytes); len(chunk) > room {
		chunk = chunk[:room]
	}
	c.bytes = append(c.bytes, chunk...)
	return true
}

func (c *collector) kept() []byte {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return append([]byte{}, c.bytes...)
}

// outputOf reads both pipes of a command; the function it returns is called after the exit and gives the output, stdout first. A
// grandchild may keep the pipes open: it is waited for only while it writes, and not for long.
func outputOf(out, errs *os.File) func() []byte {
	stdout, stderr := &collector{}, &collector{}
	both := newPump()
	both.copy(out, stdout.take)
	both.copy(errs, stderr.take)
	both.seal()
	return func() []byte {
		both.drain(commandPatience)
		out.Close()
		errs.Close()
		output := append(stdout.kept(), stderr.kept()...)
		if len(output) > maxOutput {
			output = output[:maxOutput]
		}
		return output
	}
}
