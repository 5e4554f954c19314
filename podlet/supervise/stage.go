// The stage: a re-exec of this binary that drops root and becomes the program.
// See docs/design/supervise.md.

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

type stageSpec struct {
	Argv            []string
	Env             []string
	Cwd             string
	User            processUser
	Who             *identity // known from an earlier process of the container
	Keep            uint64    // capabilities
	NoNewPrivileges bool
	NonRoot         bool
	TTY             bool
	Main            bool            // a failed exec is the container's own end: its message goes to the log, as runc writes it
	after           <-chan struct{} // the stage waits for it
}

// stageWord is a message of the stage: who the user is, or what failed.
type stageWord struct {
	Who   *identity `json:"who,omitempty"`
	Error string    `json:"error,omitempty"`
}

// stageFor describes a process of the present run.
func (s *supervisor) stageFor(argv []string, tty bool) stageSpec {
	from := s.started
	return stageSpec{
		Argv: argv, Env: from.Env, Cwd: from.Cwd, User: from.User, Who: s.who, TTY: tty,
		Keep: s.rights.keep, NoNewPrivileges: s.rights.noNewPrivileges, NonRoot: s.rights.nonRoot,
	}
}

// runStage becomes the process that the spec on fd 3 describes; it reports on fd 4.
func runStage() {
	runtime.LockOSThread() // credentials belong to the thread that will exec
	// It has more rights than its neighbours in the container.
	_ = hide()
	syscall.CloseOnExec(3)
	syscall.CloseOnExec(4)
	words := json.NewEncoder(os.NewFile(4, "words"))
	var spec stageSpec
	err := json.NewDecoder(os.NewFile(3, "spec")).Decode(&spec)
	if err == nil {
		err = become(spec, func(who identity) { words.Encode(stageWord{Who: &who}) })
	}
	words.Encode(stageWord{Error: err.Error()})
	os.Exit(128)
}

func become(spec stageSpec, report func(identity)) error {
	who, err := identify(spec, report)
	if err != nil {
		return err
	}
	env := withDefaults(spec, who)
	enterLater, err := enter(spec)
	if err != nil {
		return err
	}
	for fd := 0; fd < 3; fd++ {
		// A program that reopens /dev/stdout must own the pipe (runc does the same).
		if who.UID != 0 && !isNull(fd) {
			syscall.Fchown(fd, who.UID, -1)
		}
	}
	if err := dropTo(who, spec); err != nil {
		return err
	}
	if enterLater {
		if err := syscall.Chdir(spec.cwd()); err != nil {
			return cwdError(spec, err)
		}
	}
	syscall.Umask(0o022)
	path, err := findExecutable(spec.Argv, env)
	if err != nil {
		return err
	}
	err = fmt.Errorf("exec %s: %v", path, syscall.Exec(path, spec.Argv, env))
	if spec.Main {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return err
}

func identify(spec stageSpec, report func(identity)) (identity, error) {
	var who identity
	if spec.Who != nil {
		who = *spec.Who
	} else {
		found, err := lookUp(spec.User, containerAccounts)
		if err != nil {
			return who, err
		}
		who = found
	}
	report(who)
	if spec.NonRoot && who.UID == 0 {
		return who, errNonRoot
	}
	return who, nil
}

func (spec stageSpec) cwd() string {
	if spec.Cwd == "" {
		return "/"
	}
	return spec.Cwd
}

// enter changes to the working directory as root, who may be the only one permitted; where root is not (a network file system),
// the user tries again later, as in runc, and enter returns true. A missing directory is created.
func enter(spec stageSpec) (bool, error) {
	if !filepath.IsAbs(spec.cwd()) {
		return false, errors.New("Cwd must be an absolute path")
	}
	err := syscall.Chdir(spec.cwd())
	if err == syscall.ENOENT {
		if err := makeDirectories(spec.cwd()); err != nil && !errors.Is(err, syscall.EACCES) && !errors.Is(err, syscall.EROFS) {
			return false, cwdError(spec, err)
		}
		err = syscall.Chdir(spec.cwd())
	}
	if err == syscall.EACCES || err == syscall.EPERM {
		return true, nil
	}
	if err == syscall.ENOTDIR {
		return false, fmt.Errorf("error during container init: %v", os.MkdirAll(spec.cwd(), 0o755)) // makes nothing, and names the file
	}
	if err != nil {
		return false, cwdError(spec, err)
	}
	return false, nil
}

func cwdError(spec stageSpec, err error) error {
	return fmt.Errorf("chdir to cwd (%q) set in config.json failed: %v", spec.cwd(), err)
}

func isNull(fd int) bool {
	var state, null syscall.Stat_t
	return syscall.Fstat(fd, &state) == nil && syscall.Stat("/dev/null", &null) == nil && state.Rdev == null.Rdev
}

func withDefaults(spec stageSpec, who identity) []string {
	env := append([]string{}, spec.Env...)
	if lookupEnv(env, "PATH") == "" {
		env = append(env, "PATH="+defaultPath)
	}
	if lookupEnv(env, "HOME") == "" {
		env = append(env, "HOME="+who.Home)
	}
	if spec.TTY && lookupEnv(env, "TERM") == "" {
		env = append(env, "TERM=xterm")
	}
	return env
}

func lookupEnv(env []string, name string) string {
	value := ""
	for _, entry := range env {
		if strings.HasPrefix(entry, name+"=") {
			value = entry[len(name)+1:]
		}
	}
	return value
}

// findExecutable searches as runc does: a name with a slash as it is, others along the process's own PATH.
func findExecutable(argv, env []string) (string, error) {
	if len(argv) == 0 {
		return "", fmt.Errorf("no command specified")
	}
	name := argv[0]
	if strings.Contains(name, "/") {
		if err := checkExecutable(name); err != nil {
			return "", fmt.Errorf("exec: %q: %v", name, err)
		}
		return name, nil
	}
	for _, directory := range filepath.SplitList(lookupEnv(env, "PATH")) {
		if directory == "" {
			directory = "."
		}
		path := directory + "/" + name
		if checkExecutable(path) == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("exec: %q: executable file not found in $PATH", name)
}

func checkExecutable(path string) error {
	state, err := os.Stat(path)
	if err != nil {
		return err
	}
	if state.IsDir() {
		return syscall.EACCES
	}
	if state.Mode()&0o111 == 0 {
		return fmt.Errorf("permission denied")
	}
	return nil
}
