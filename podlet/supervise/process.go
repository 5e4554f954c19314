// Processes: starting them through the stage, reaping them, and killing what they leave behind.

package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

type process struct {
	pid        int
	onExit     func(code int)
	exited     bool
	staged     chan struct{}
	stageError string
	who        *identity
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

// spawn starts the stage that becomes the process. stdio is inherited as it is: nothing copies between the program and its log.
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
	guarded("stage", func() {
		defer close(proc.staged)
		if spec.after != nil {
			<-spec.after
		}
		json.NewEncoder(specWrite).Encode(spec)
		specWrite.Close()
		s.readStage(proc, errorRead)
		errorRead.Close()
	})
	return proc, nil
}

// readStage reads the stage's messages until it has become the program. It has a deadline, because the image's own passwd file may
// be one whose reading never ends.
func (s *supervisor) readStage(proc *process, source *os.File) {
	source.SetReadDeadline(time.Now().Add(lookUpPatience))
	words := json.NewDecoder(io.LimitReader(source, maxStageWords))
	for {
		var word stageWord
		err := words.Decode(&word)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			proc.stageError = "looking up the user takes too long"
			s.after(0, func() {
				if !proc.exited {
					syscall.Kill(proc.pid, syscall.SIGKILL)
				}
			})
			return
		}
		if err != nil {
			return
		}
		if word.Who != nil {
			proc.who = word.Who
			source.SetReadDeadline(time.Time{})
		}
		proc.stageError += word.Error
	}
}

// reap collects every ended child; it returns true when no children are left.
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

// With a shared PID namespace the container's processes are recognised by their cgroup, so that its neighbours stay untouched.
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

// oomKills reads how many processes the kernel killed for memory in this container (cgroup v1, else v2).
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
