// --init: a plain init for the podlet itself.

package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// runInit keeps argv running: a crash is not the pod's death, only exit 0 ends the container. It reaps and passes signals on.
func runInit(argv []string) int {
	signals := make(chan os.Signal, 64)
	signal.Notify(signals)
	wait, ended := restartFloor, ""
	for starts := 1; ; starts++ {
		began, oomBefore := time.Now(), oomKills()
		// Which start this is, and how the one before ended: only the process that went on knows.
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

func runChild(argv, env []string, signals <-chan os.Signal) (syscall.WaitStatus, error) {
	pid, err := syscall.ForkExec(argv[0], argv, &syscall.ProcAttr{Env: env, Files: []uintptr{0, 1, 2}})
	if err != nil {
		return 0, fmt.Errorf("exec %s: %v", argv[0], err)
	}
	for received := range signals {
		if received != syscall.SIGCHLD {
			if received != syscall.SIGURG {
				syscall.Kill(pid, received.(syscall.Signal))
			}
			continue
		}
		for {
			var state syscall.WaitStatus
			ended, err := syscall.Wait4(-1, &state, syscall.WNOHANG, nil)
			if err == syscall.EINTR {
				continue
			}
			if err != nil || ended <= 0 {
				break
			}
			if ended == pid {
				return state, nil
			}
		}
	}
	return 0, nil
}
