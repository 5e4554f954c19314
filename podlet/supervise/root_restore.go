// Between two runs: removes what is new in the root, and puts back what was changed or removed.

package main

import (
	"fmt"
	"strconv"
	"syscall"
	"time"
)

const (
	restorePatience = 20 * time.Second
	maxRestored     = 256 << 20
	maxNamed        = 5
	maxPathShown    = 120
)

type restoring struct {
	*root
	until   time.Time
	room    int64
	left    []string
	more    int
	deep    int
	deepest []string
	opened  int
}

// leftover lists what could not be restored, and what the next run therefore finds changed.
type leftover struct {
	Type  string   `json:"type"`
	Run   int      `json:"run"`
	Paths []string `json:"paths"`
	More  int      `json:"more"`
}

// restoreAll returns nil when all roots are as they were.
func restoreAll(roots []*root) *leftover {
	var all *leftover
	for _, one := range roots {
		left := one.restore()
		if all == nil {
			all = left
		} else if left != nil {
			all.Paths, all.More = append(all.Paths, left.Paths...), all.More+left.More
		}
	}
	return all
}

// restore returns nil when the root is as it was. Nothing else runs in the container during it.
func (r *root) restore() *leftover {
	<-r.done
	fd, err := syscall.Open(r.at+"/", readDirectory, 0)
	if err != nil {
		return &leftover{Paths: []string{r.at + "/"}}
	}
	defer syscall.Close(fd)
	run := &restoring{root: r, until: time.Now().Add(restorePatience), room: maxRestored, opened: fd}
	run.putBackBelow(fd, &r.top, r.at)
	for len(run.deepest) > 0 {
		next := run.deepest[0]
		run.deepest = run.deepest[1:]
		run.remove(fd, next, r.at+"/"+next, 0)
	}
	r.dress(fd, &r.top)
	if len(run.left) == 0 {
		return nil
	}
	return &leftover{Paths: run.left, More: run.more}
}

func (r *restoring) leave(path string) {
	if len(r.left) == maxNamed {
		r.more++
		return
	}
	if quoted := strconv.Quote(path); quoted != `"`+path+`"` {
		path = quoted
	}
	if len(path) > maxPathShown {
		path = path[:maxPathShown] + "…"
	}
	r.left = append(r.left, path)
}

func (r *restoring) isLate() bool { return time.Now().After(r.until) }

func (r *restoring) putBackBelow(fd int, directory *entry, path string) {
	if !directory.noted {
		if !r.said[directory] {
			r.said[directory] = true
			r.leave(path + "/ (it holds too much)")
		}
		return
	}
	if r.isLate() {
		r.leave(path + "/ (no time)")
		return
	}
	present, err := namesIn(fd, r.buffer)
	if err != nil {
		r.leave(path + "/")
		return
	}
	known := make(map[string]bool, len(directory.children))
	for index := range directory.children {
		known[directory.children[index].name] = true
	}
	for _, found := range present {
		if inside := path + "/" + found.name; !known[found.name] && !r.skipped[inside] {
			r.removeNew(fd, found.name, inside)
		}
	}
	linked := map[uint64]string{}
	for index := range directory.children {
		r.putBack(fd, &directory.children[index], path+"/"+directory.children[index].name, linked)
	}
}

func (r *restoring) removeNew(fd int, name, path string) {
	if !r.remove(fd, name, path, 0) {
		r.leave(path)
	}
}

func (r *restoring) putBack(fd int, one *entry, path string, linked map[uint64]string) {
	var stat syscall.Stat_t
	err := statAt(fd, one.name, &stat)
	if err == syscall.ENOENT {
		if one.standing != unclear && !r.create(fd, one, path, linked) {
			r.leave(path)
		}
		return
	}
	now := stateOf(&stat)
	switch {
	case err != nil:
		r.leave(path)
	case now.is(syscall.S_IFDIR) && one.state.is(syscall.S_IFDIR):
		r.putBackDirectory(fd, one, path, now)
	case one.standing != certain:
		r.leave(path)
	case now.is(one.state.mode&syscall.S_IFMT) && (now.same(one.state) || r.putBackState(fd, one, now)):
		if one.state.links > 1 {
			linked[one.state.inode] = one.name
		}
	case !r.canCreate(one) || !r.remove(fd, one.name, path, 0) || !r.create(fd, one, path, linked):
		// Always created anew: the existing file may be reachable under another name.
		r.leave(path)
	}
}

// same compares two states. Every change of a file changes its ctime; inode number and link count do not matter.
func (s fileState) same(noted fileState) bool {
	s.links, s.inode = noted.links, noted.inode
	if s.is(syscall.S_IFDIR) {
		s.size = noted.size
	}
	return s == noted
}

func (r *restoring) putBackDirectory(fd int, one *entry, path string, now fileState) {
	if one.standing == unclear && !one.hasCertain() {
		r.leave(path + "/")
		return
	}
	directory, err := openAt(fd, one.name, readDirectory, 0)
	if err != nil || !r.isOwnDevice(directory) {
		if err == nil {
			syscall.Close(directory)
		}
		return
	}
	defer syscall.Close(directory)
	r.putBackBelow(directory, one, path)
	if one.standing != certain || r.stateOfOpen(directory).same(one.state) {
		return
	}
	r.dress(directory, one)
	one.state.changed = r.stateOfOpen(directory).changed
}

// A directory that holds anything of the image belongs to the image.
func (e *entry) hasCertain() bool {
	for index := range e.children {
		if child := &e.children[index]; child.standing == certain || child.hasCertain() {
			return true
		}
	}
	return false
}

// putBackState suffices when only owner, mode or attributes differ.
func (r *restoring) putBackState(fd int, one *entry, now fileState) bool {
	if now.is(syscall.S_IFLNK) {
		if target, err := linkTargetAt(fd, one.name); err != nil || target != one.target {
			return false
		}
		syscall.Fchownat(fd, one.name, int(one.state.uid), int(one.state.gid), atSymlinkNoFollow)
		setModified(fd, one.name, one.state.modified)
		return r.see(fd, one)
	}
	if !now.is(syscall.S_IFREG) || now.size != one.state.size || now.modified != one.state.modified || now.links > one.state.links {
		return false
	}
	file, err := openAt(fd, one.name, syscall.O_RDONLY, 0)
	if err != nil {
		return false
	}
	defer syscall.Close(file)
	// A tool that preserves times may have written to it all the same.
	if one.content != 0 && !holds(file, one.content, one.state.size) {
		return false
	}
	r.dress(file, one)
	return r.see(fd, one)
}

// dress restores owner, mode (a change of owner clears setuid), attributes and time of an open file.
func (r *root) dress(fd int, one *entry) {
	syscall.Fchown(fd, int(one.state.uid), int(one.state.gid))
	syscall.Fchmod(fd, one.state.mode&0o7777)
	if one.attributes != nil {
		setAttributes(fd, one.attributes)
	}
	setModified(fd, "", one.state.modified)
}

// see records the current state as the original: ctime and inode number are new.
func (r *restoring) see(fd int, one *entry) bool {
	var stat syscall.Stat_t
	if statAt(fd, one.name, &stat) != nil {
		return false
	}
	noted := one.state
	one.state = stateOf(&stat)
	one.state.links, one.state.inode = noted.links, noted.inode // by these the noted names are known as one file's
	return true
}

func (r *restoring) canCreate(one *entry) bool {
	switch {
	case r.isLate():
		return false
	case one.state.is(syscall.S_IFDIR):
		return one.noted
	case one.state.is(syscall.S_IFREG) && one.state.size > 0:
		return one.content != 0 && one.state.size <= r.room
	default:
		return one.standing != altered
	}
}

func (r *restoring) create(fd int, one *entry, path string, linked map[uint64]string) bool {
	if !r.canCreate(one) {
		return false
	}
	switch one.state.mode & syscall.S_IFMT {
	case syscall.S_IFDIR:
		return r.createDirectory(fd, one, path)
	case syscall.S_IFREG:
		return r.createFile(fd, one, linked)
	case syscall.S_IFLNK:
		return symlinkAt(one.target, fd, one.name) == nil && r.putBackState(fd, one, one.state)
	default:
		if syscall.Mknodat(fd, one.name, one.state.mode, int(one.state.device)) != nil {
			return false
		}
		syscall.Fchownat(fd, one.name, int(one.state.uid), int(one.state.gid), atSymlinkNoFollow)
		syscall.Fchmodat(fd, one.name, one.state.mode&0o7777, 0)
		setModified(fd, one.name, one.state.modified)
		return r.see(fd, one)
	}
}

func (r *restoring) createDirectory(fd int, one *entry, path string) bool {
	if syscall.Mkdirat(fd, one.name, 0o700) != nil {
		return false
	}
	directory, err := openAt(fd, one.name, readDirectory, 0)
	if err != nil {
		return false
	}
	defer syscall.Close(directory)
	linked := map[uint64]string{}
	for index := range one.children {
		child := &one.children[index]
		if inside := path + "/" + child.name; child.standing != unclear && !r.create(directory, child, inside, linked) {
			r.leave(inside)
		}
	}
	r.dress(directory, one)
	return r.see(fd, one)
}

func (r *restoring) createFile(fd int, one *entry, linked map[uint64]string) bool {
	if sibling, known := linked[one.state.inode]; known && one.state.links > 1 && linkAt(fd, sibling, one.name) == nil {
		return r.see(fd, one)
	}
	file, err := openAt(fd, one.name, syscall.O_WRONLY|syscall.O_CREAT|syscall.O_EXCL, 0o600)
	if err != nil {
		return false
	}
	defer syscall.Close(file)
	if err := writeMapped(file, one.content, one.state.size); err != nil {
		removeAt(fd, one.name, 0)
		return false
	}
	r.room -= one.state.size
	r.dress(file, one)
	if one.state.links > 1 {
		linked[one.state.inode] = one.name
	}
	return r.see(fd, one)
}

// remove deletes a whole tree, except for anything mounted inside it.
func (r *restoring) remove(fd int, name, path string, depth int) bool {
	err := removeAt(fd, name, 0)
	if err == nil || err == syscall.ENOENT {
		return true
	}
	if err != syscall.EISDIR && err != syscall.EPERM {
		return false
	}
	if depth == maxDepth {
		return r.liftOut(fd, name)
	}
	directory, err := openAt(fd, name, readDirectory, 0)
	if err != nil {
		return false
	}
	defer syscall.Close(directory)
	if !r.isOwnDevice(directory) {
		return false
	}
	present, err := namesIn(directory, make([]byte, 8*1024))
	whole := err == nil
	for _, found := range present {
		inside := path + "/" + found.name
		if r.skipped[inside] || r.isLate() || !r.remove(directory, found.name, inside, depth+1) {
			whole = false
		}
	}
	return whole && removeAt(fd, name, atRemoveDir) == nil
}

// liftOut moves what is nested too deeply to the top, to be removed later: each level costs an open file.
func (r *restoring) liftOut(fd int, name string) bool {
	r.deep++
	lifted := fmt.Sprintf(".droppod-removed-%d", r.deep)
	if syscall.Renameat(fd, name, r.opened, lifted) != nil {
		return false
	}
	r.deepest = append(r.deepest, lifted)
	return true
}
