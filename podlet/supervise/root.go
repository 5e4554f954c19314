// Records the container's root before the first run, so that every later run finds the same. Kubernetes gives each run a new root
// file system; supervise has one for all, and records it while the first program starts.

package main

import (
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"syscall"
)

const (
	// Recorded before the first program starts, while its stage comes up: the places where programs write first.
	firstNoted = 128
	maxNoted   = 50_000
	// How many contents are kept. Each costs the container about 2 KiB of kernel memory, whatever its size.
	maxKept       = 2048
	memoryPerKept = 64 * 1024
	maxDepth      = 200
)

// standing says how certain an entry is that was first seen after the program had started.
type standing byte

const (
	certain standing = iota // as it was before
	altered                 // of the image, but changed meanwhile
	unclear                 // changed, or the program's own
)

type entry struct {
	name       string
	state      fileState
	standing   standing
	noted      bool    // a directory: its children are known
	content    uintptr // a mapping of what a file held
	target     string
	attributes map[string]string // nil: not known
	children   []entry
}

type fileState struct {
	mode, uid, gid    uint32
	links             uint32
	size              int64
	changed, modified int64
	device, inode     uint64
}

func stateOf(stat *syscall.Stat_t) fileState {
	return fileState{
		mode: stat.Mode, uid: stat.Uid, gid: stat.Gid, links: uint32(stat.Nlink), size: stat.Size,
		changed: stat.Ctim.Nano(), modified: stat.Mtim.Nano(), device: uint64(stat.Rdev), inode: stat.Ino,
	}
}

func (s fileState) is(kind uint32) bool { return s.mode&syscall.S_IFMT == kind }

// root is the container's root file system, or (at "/dev") its devices, which the engine makes anew with each container.
type root struct {
	at      string // "" or "/dev"
	top     entry
	began   int64
	device  uint64
	overlay bool
	skipped map[string]bool // mounts, and what supervise itself writes
	later   []laterDirectory
	first   chan struct{}
	done    chan struct{}
	noted   int
	kept    int
	keep    int
	hot     bool
	mapped  map[uint64]uintptr
	said    map[*entry]bool
	buffer  []byte
}

type laterDirectory struct {
	directory *entry
	path      string
}

// newRoot returns nil when nothing can change (a read-only root).
func newRoot(at string, own []string) *root {
	var system syscall.Statfs_t
	var top syscall.Stat_t
	if syscall.Statfs(at+"/", &system) != nil || syscall.Lstat(at+"/", &top) != nil || system.Flags&syscall.MS_RDONLY != 0 {
		return nil
	}
	r := &root{
		at: at, began: coarseNow(), device: uint64(top.Dev), overlay: system.Type == overlayMagic, skipped: mountPoints(), keep: keepable(), hot: true,
		first: make(chan struct{}), done: make(chan struct{}), mapped: map[uint64]uintptr{}, said: map[*entry]bool{}, buffer: make([]byte, 32*1024),
	}
	r.skipped["/.droppod"] = true
	for _, path := range own {
		if parent, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
			r.skipped[filepath.Join(parent, filepath.Base(path))] = true
		}
	}
	return r
}

// ownPaths are the paths that supervise itself writes before each run.
func ownPaths(received *order) []string {
	own := []string{received.MessagePath}
	for _, file := range received.Files {
		own = append(own, file.Path)
	}
	for _, link := range received.Links {
		own = append(own, link.Link)
	}
	for _, file := range received.Copies {
		own = append(own, file.Path)
	}
	return own
}

// A container with little memory keeps fewer contents.
func keepable() int {
	for _, path := range []string{"/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory.max"} {
		text, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		if limit, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && limit/memoryPerKept < maxKept {
			return int(limit / memoryPerKept)
		}
	}
	return maxKept
}

func mountPoints() map[string]bool {
	found := map[string]bool{}
	text, _ := os.ReadFile("/proc/self/mountinfo")
	for _, line := range strings.Split(string(text), "\n") {
		if fields := strings.Fields(line); len(fields) > 4 && fields[4] != "/" {
			found[unescapeMount(fields[4])] = true
		}
	}
	return found
}

// The kernel writes space, tab, newline and backslash of a path as three octal digits.
func unescapeMount(path string) string {
	for _, pair := range [][2]string{{`\040`, " "}, {`\011`, "\t"}, {`\012`, "\n"}, {`\134`, `\`}} {
		path = strings.ReplaceAll(path, pair[0], pair[1])
	}
	return path
}

// note walks the root once. Its thread yields to the program's as soon as that begins, and ends with it.
func (r *root) note() {
	if r.at == "" {
		runtime.LockOSThread()
	}
	defer close(r.done)
	defer r.passFirst()
	fd, err := syscall.Open(r.at+"/", readDirectory, 0)
	if err != nil {
		return
	}
	defer syscall.Close(fd)
	r.top.state = r.stateOfOpen(fd)
	r.noteDirectory(fd, &r.top, r.at, 0)
	for len(r.later) > 0 {
		next := r.later[0]
		r.later = r.later[1:]
		if fd, err := openBelow(next.path); err == nil {
			r.noteDirectory(fd, next.directory, next.path, strings.Count(next.path, "/"))
			syscall.Close(fd)
		}
	}
}

func (r *root) passFirst() {
	if r.hot {
		r.hot = false
		syscall.Setpriority(syscall.PRIO_PROCESS, syscall.Gettid(), 19)
		close(r.first)
	}
}

func (r *root) stateOfOpen(fd int) fileState {
	var stat syscall.Stat_t
	stateOfFile(fd, &stat)
	return stateOf(&stat)
}

// openBelow opens a directory component by component: a link on the way is an error.
func openBelow(path string) (int, error) {
	fd, err := syscall.Open("/", readDirectory, 0)
	for _, part := range strings.Split(strings.Trim(path, "/"), "/") {
		if err != nil || part == "" {
			return fd, err
		}
		next, failure := openAt(fd, part, readDirectory, 0)
		syscall.Close(fd)
		fd, err = next, failure
	}
	return fd, err
}

func (r *root) noteDirectory(fd int, directory *entry, path string, depth int) {
	names, err := namesIn(fd, r.buffer)
	if err != nil || depth > maxDepth || r.noted+len(names) > maxNoted {
		return
	}
	attributes := attributesOf(fd)
	// A directory unchanged since before the program started lists nothing of the program's.
	now := r.stateOfOpen(fd)
	whole := r.hot || now.modified < r.began
	if r.hot || now.changed < r.began {
		directory.attributes = attributes
	}
	directory.children = make([]entry, 0, len(names))
	for _, found := range names {
		if r.skipped[path+"/"+found.name] {
			continue
		}
		one := entry{name: found.name}
		if r.noteEntry(fd, found, &one) {
			one.standing = r.standingOf(one.state, whole)
			directory.children = append(directory.children, one)
		}
		if r.noted++; r.noted >= firstNoted {
			r.passFirst()
		}
	}
	directory.noted = true
	r.noteBelow(fd, directory, path, depth)
}

func (r *root) standingOf(state fileState, whole bool) standing {
	switch {
	case r.hot || state.changed < r.began:
		return certain
	case whole:
		return altered
	default:
		return unclear
	}
}

func (r *root) noteBelow(fd int, directory *entry, path string, depth int) {
	below := []*entry{}
	for index := range directory.children {
		if child := &directory.children[index]; child.state.is(syscall.S_IFDIR) {
			below = append(below, child)
		}
	}
	if path == "" {
		sort.SliceStable(below, func(one, other int) bool { return rank(below[one].name) < rank(below[other].name) })
	}
	for _, child := range below {
		inside := path + "/" + child.name
		if seldomWritten(inside) {
			r.later = append(r.later, laterDirectory{child, inside})
			continue
		}
		next, err := openAt(fd, child.name, readDirectory, 0)
		if err != nil {
			continue
		}
		if r.isOwnDevice(next) {
			r.noteDirectory(next, child, inside, depth+1)
		}
		syscall.Close(next)
	}
}

// Something may be mounted that mountinfo does not name: the device shows it.
func (r *root) isOwnDevice(fd int) bool {
	var stat syscall.Stat_t
	return syscall.Fstat(fd, &stat) == nil && uint64(stat.Dev) == r.device
}

func (r *root) noteEntry(directory int, found name, one *entry) bool {
	if found.kind == typeRegular && r.overlay && r.kept < r.keep && r.noteFile(directory, one) {
		return true
	}
	var stat syscall.Stat_t
	if err := statAt(directory, found.name, &stat); err != nil {
		return err != syscall.ENOENT // a name that is there is never taken for a new one
	}
	one.state = stateOf(&stat)
	if one.state.is(syscall.S_IFLNK) {
		one.target, _ = linkTargetAt(directory, found.name)
	}
	return true
}

// noteFile keeps a file's content as a mapping: on overlayfs a mapping stays with the image's file after a write has made a copy
// of it ("changes to the file are not reflected in the memory mapping", kernel documentation). Nothing is read.
func (r *root) noteFile(directory int, one *entry) bool {
	fd, err := openAt(directory, one.name, syscall.O_RDONLY, 0)
	if err != nil {
		return false
	}
	defer closeFile(fd)
	if one.state = r.stateOfOpen(fd); !one.state.is(syscall.S_IFREG) {
		return true
	}
	one.attributes = attributesOf(fd)
	if one.state.size == 0 {
		one.state = r.stateOfOpen(fd)
		return true
	}
	if one.state.links > 1 {
		if one.content = r.mapped[one.state.inode]; one.content != 0 {
			return true
		}
	}
	content := mapContent(fd, one.state.size)
	// Checked after mapping: a file unchanged now was unchanged then.
	if one.state = r.stateOfOpen(fd); one.state.changed >= r.began || content == 0 {
		unmap(content, one.state.size)
		return true
	}
	r.kept++
	one.content = content
	r.mapped[one.state.inode] = content
	return true
}

func rank(top string) int {
	for place, name := range []string{"etc", "run", "tmp", "var", "root", "home", "opt", "srv", "app"} {
		if name == top {
			return place
		}
	}
	if top == "usr" {
		return 100
	}
	return 50
}

// Programs and libraries come last, because they are seldom written.
func seldomWritten(path string) bool {
	switch path {
	case "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/boot", "/usr/bin", "/usr/sbin", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libexec",
		"/usr/include", "/usr/share/doc", "/usr/share/man", "/usr/share/info", "/usr/share/locale", "/usr/share/zoneinfo", "/usr/share/i18n",
		"/usr/share/terminfo", "/usr/share/icons", "/usr/share/fonts", "/usr/share/perl", "/usr/share/perl5", "/var/lib/dpkg", "/var/lib/apt", "/var/cache":
		return true
	}
	switch path[strings.LastIndexByte(path, '/')+1:] {
	case "node_modules", "site-packages", "dist-packages", "__pycache__", "vendor", ".git":
		return true
	}
	return false
}
