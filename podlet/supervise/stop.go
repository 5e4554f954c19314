// The stop plan, which supervise carries out itself when no podlet answers.
// See docs/design/deletion.md.

package main

import (
	"os"
	"sync"
	"syscall"
	"time"
)

type aloneStop struct{ deadline time.Time }

func (s *supervisor) stopAlone() {
	if s.alone != nil {
		return
	}
	if s.ending != nil {
		s.alone = &aloneStop{} // the stop is reported with the exit
		return
	}
	if s.main == nil {
		if s.last != nil {
			os.Exit(s.last.Code)
		}
		os.Exit(0)
	}
	plan := s.started.Stop
	grace := seconds(plan.GraceSeconds)
	s.alone = &aloneStop{deadline: time.Now().Add(grace)}
	once := new(sync.Once)
	finish := func() { once.Do(s.signalAlone) }
	switch {
	case len(plan.PreStop) > 0:
		s.command(plan.PreStop, 0, func(done) { finish() })
		s.after(grace, finish)
	case plan.PreStopSleepSeconds > 0:
		s.after(seconds(plan.PreStopSleepSeconds), finish)
	default:
		finish()
	}
}

func (s *supervisor) signalAlone() {
	stop := signalNumber(s.started.Stop.Signal)
	if stop <= 0 {
		stop = syscall.SIGTERM
	}
	s.signalMain(stop)
	rest := time.Until(s.alone.deadline)
	if rest < minimumGrace {
		rest = minimumGrace
	}
	s.after(rest, func() { s.signalMain(syscall.SIGKILL) })
}

// longest is the longest wait: Kubernetes accepts seconds that Go's clock cannot represent (2147483647 as a probe's timeout).
const longest = 100 * 365 * 24 * time.Hour

func seconds(count float64) time.Duration {
	switch {
	case count >= longest.Seconds():
		return longest
	case count < 0:
		return 0
	}
	return time.Duration(count * float64(time.Second))
}
