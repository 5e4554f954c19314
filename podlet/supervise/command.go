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

// Runs argv as the container's user in its own process group, keeps the first 10 KiB of output, calls `then` once.
func (s *supervisor) command(argv []string, timeout time.Duration, then func(done)) {
	main := s.main
	if main == nil {
		then(done{Type: "done", Code: 128, Error: "container is not running"})
		return
	}
	if !main.begun() {
		// As whom is known when the program runs.
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
	stdout, stderr := collect(out), collect(errs)
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
