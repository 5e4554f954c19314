// The stage: a re-exec of this file that drops root and becomes the program.

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

type stageSpec struct {
	Argv         []string
	Env          []string
	Cwd          string
	CwdMustExist bool
	User         processUser
	TTY          bool
}

func stageFor(from *order, argv []string, tty bool) stageSpec {
	return stageSpec{Argv: argv, Env: from.Env, Cwd: from.Cwd, User: from.User, TTY: tty}
}

// runStage becomes the process that the spec on fd 3 describes; what stands in the way goes as text to fd 4.
func runStage() {
	runtime.LockOSThread() // credentials belong to the thread that will exec
	syscall.CloseOnExec(3)
	syscall.CloseOnExec(4)
	var spec stageSpec
	err := json.NewDecoder(os.NewFile(3, "spec")).Decode(&spec)
	if err == nil {
		err = become(spec)
	}
	os.NewFile(4, "error").WriteString(err.Error())
	os.Exit(128)
}

func become(spec stageSpec) error {
	who, err := lookUp(spec.User)
	if err != nil {
		return err
	}
	env := withDefaults(spec, who)
	cwd := spec.Cwd
	if cwd == "" {
		cwd = "/"
	}
	if !spec.CwdMustExist {
		os.MkdirAll(cwd, 0o755) // runc makes a missing working directory
	}
	for fd := 0; fd < 3; fd++ {
		// An app that reopens /dev/stdout must own the pipe (runc does the same).
		if who.uid != 0 && !isNull(fd) {
			syscall.Fchown(fd, who.uid, -1)
		}
	}
	if err := dropTo(who, spec.User); err != nil {
		return err
	}
	if err := syscall.Chdir(cwd); err != nil {
		return fmt.Errorf("chdir to cwd (%q) set in config.json failed: %v", cwd, err)
	}
	if spec.User.Umask != nil {
		syscall.Umask(*spec.User.Umask)
	} else {
		syscall.Umask(0o022)
	}
	path, err := findExecutable(spec.Argv, env)
	if err != nil {
		return err
	}
	return fmt.Errorf("exec %s: %v", path, syscall.Exec(path, spec.Argv, env))
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
		env = append(env, "HOME="+who.home)
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
		return fmt.Errorf("is a directory")
	}
	if state.Mode()&0o111 == 0 {
		return fmt.Errorf("permission denied")
	}
	return nil
}
