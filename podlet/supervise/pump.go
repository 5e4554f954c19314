// Copies the output of a process until it has ended, or until nothing more can come.

package main

import (
	"os"
	"sync"
	"time"
)

// A pump copies output; it is drained when its sources ended, or when nothing moves and nothing waits (a grandchild keeps them open).
type pump struct {
	end     chan struct{}
	sources []*os.File
	mutex   sync.Mutex
	busy    int
	moved   time.Time
	group   sync.WaitGroup
}

func newPump() *pump { return &pump{end: make(chan struct{}), moved: time.Now()} }

func (p *pump) mark(busy int) {
	p.mutex.Lock()
	p.busy += busy
	p.moved = time.Now()
	p.mutex.Unlock()
}

func (p *pump) copy(source *os.File, write func([]byte) bool) {
	p.sources = append(p.sources, source)
	p.group.Add(1)
	go func() {
		defer p.group.Done()
		chunk := make([]byte, 32*1024)
		for {
			count, err := source.Read(chunk)
			p.mark(1)
			more := count == 0 || write(chunk[:count])
			p.mark(-1)
			if err != nil || !more {
				return
			}
		}
	}()
}

func (p *pump) seal() { go func() { p.group.Wait(); close(p.end) }() }

// drain without a patience waits as long as output moves.
func (p *pump) drain(patience time.Duration) {
	var late <-chan time.Time
	if patience > 0 {
		late = time.After(patience)
	}
	// The last output may not have been read yet, however long the process was silent before.
	p.mark(0)
	for {
		select {
		case <-p.end:
			return
		case <-late:
			return
		case <-time.After(drainPatience / 5):
		}
		p.mutex.Lock()
		idle := p.busy == 0 && time.Since(p.moved) > drainPatience
		p.mutex.Unlock()
		// On a loaded machine the reader may not have run for that long.
		if idle && !p.waits() {
			return
		}
	}
}

// waits asks whether a source has unread bytes, or an unread end.
func (p *pump) waits() bool {
	for _, source := range p.sources {
		if polled(source, pollIn)&(pollIn|pollHangUp) != 0 {
			return true
		}
	}
	return false
}
