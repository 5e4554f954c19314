// --init: process 1 of the podlet's own container and, with shared processes, of the whole pod. It keeps the agent running.

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"time"
)

const (
	capDacOverride   = 1
	capDacReadSearch = 2
)

// agentSpec is passed to the agent's process through a pipe: the environment holds the pod's credential, and other processes
// could read it there until the agent has made itself undumpable.
type agentSpec struct {
	Argv []string
	Env  []string
}

// runInit keeps argv running: only exit 0 ends the container, a crash does not end the pod. It reaps, and forwards the engine's
// signals; those from the pod's processes are ignored.
func runInit(argv []string) int {
	signals, err := arrivals()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 128
	}
	wait, ended := restartFloor, ""
	for starts := 1; ; starts++ {
		began, oomBefore := time.Now(), oomKills()
		// The agent learns which start this is and how the last one ended: nothing else survives its crash.
		env := append(os.Environ(), fmt.Sprintf("DROPPOD_BOOT=%d", starts), "DROPPOD_LAST_END="+ended)
		state, err := runChild(argv, env, signals)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 128
		}
		if exitCode(state) == 0 {
			return 0
		}
		ended = howEnded(state, oomKills() > oomBefore)
		if time.Since(began) > time.Minute {
			wait = restartFloor
		}
		time.Sleep(wait)
		if wait *= 2; wait > restartCeiling {
			wait = restartCeiling
		}
	}
}

func howEnded(state syscall.WaitStatus, oom bool) string {
	switch {
	case oom:
		return "out of memory"
	case state.Signaled():
		return "signal: " + state.Signal().String()
	}
	return fmt.Sprintf("exit status %d", state.ExitStatus())
}

func runChild(argv, env []string, signals <-chan arrival) (syscall.WaitStatus, error) {
	pid, err := startAgent(agentSpec{Argv: argv, Env: env})
	if err != nil {
		return 0, fmt.Errorf("exec %s: %v", argv[0], err)
	}
	for arrived := range signals {
		if arrived.number != syscall.SIGCHLD {
			if !arrived.inside && !isJobControl(arrived.number) {
				syscall.Kill(pid, arrived.number)
			}
			continue
		}
		if state, ended := reapUntil(pid); ended {
			return state, nil
		}
	}
	return 0, nil
}

func reapUntil(agent int) (last syscall.WaitStatus, ended bool) {
	for {
		var state syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &state, syscall.WNOHANG|syscall.WUNTRACED, nil)
		switch {
		case err == syscall.EINTR:
		case err != nil || pid <= 0:
			return last, ended
		case pid == agent && state.Stopped():
			// Root in a container that shares processes may stop the agent, and with it the whole pod.
			syscall.Kill(agent, syscall.SIGCONT)
		case pid == agent:
			last, ended = state, true
		}
	}
}

func startAgent(spec agentSpec) (int, error) {
	specRead, specWrite, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	pid, err := syscall.ForkExec("/proc/self/exe", []string{agentStageName}, &syscall.ProcAttr{Env: []string{}, Files: []uintptr{0, 1, 2, specRead.Fd()}})
	specRead.Close()
	if err == nil {
		err = json.NewEncoder(specWrite).Encode(spec)
	}
	specWrite.Close()
	return pid, err
}

// runAgentStage becomes the agent. A program that its own process cannot read starts undumpable, so nothing can inspect it without
// CAP_SYS_PTRACE: root reads any file except without these two capabilities, which the program gets back.
func runAgentStage() error {
	runtime.LockOSThread()
	if err := hide(); err != nil {
		return err
	}
	syscall.CloseOnExec(3)
	var spec agentSpec
	if err := json.NewDecoder(os.NewFile(3, "spec")).Decode(&spec); err != nil {
		return err
	}
	if err := withoutReading(); err != nil {
		return err
	}
	return fmt.Errorf("exec %s: %v", spec.Argv[0], syscall.Exec(spec.Argv[0], spec.Argv, spec.Env))
}

// withoutReading lowers the capabilities that read any file; they stay in the permitted set.
func withoutReading() error {
	now, err := capget()
	if err != nil {
		return err
	}
	now[0].effective &^= 1<<capDacOverride | 1<<capDacReadSearch
	return capset(now)
}
