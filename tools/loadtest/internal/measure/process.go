package measure

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"
)

// Process is a server on this machine, by its ID, as Linux's /proc shows it. 0 is
// none: all its figures are zero.
type Process int

// clockTick is the unit of times in /proc: USER_HZ is 100 wherever Go runs.
const clockTick = time.Second / 100

// CPU is the time that all threads have spent, in user space and in the kernel.
func (p Process) CPU() (time.Duration, error) {
	if p == 0 {
		return 0, nil
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p))
	if err != nil {
		return 0, err
	}
	// The name in brackets may hold anything; utime and stime are fields 14 and 15 of
	// proc(5), the 12th and 13th after it.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 13 {
		return 0, errors.New("unknown form of /proc/…/stat")
	}
	user, err1 := strconv.ParseInt(string(fields[11]), 10, 64)
	system, err2 := strconv.ParseInt(string(fields[12]), 10, 64)
	return time.Duration(user+system) * clockTick, errors.Join(err1, err2)
}

// MachineCPU is the CPU time of everything that runs on this machine; 0 if the
// system doesn't tell.
func MachineCPU() time.Duration {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	line, _, _ := bytes.Cut(stat, []byte{'\n'})
	fields := bytes.Fields(line)
	// cpu user nice system idle iowait irq softirq steal (proc(5)); guests' time is
	// in user's already.
	var ticks int64
	for i := 1; i < min(len(fields), 9); i++ {
		if i != 4 && i != 5 {
			n, _ := strconv.ParseInt(string(fields[i]), 10, 64)
			ticks += n
		}
	}
	return time.Duration(ticks) * clockTick
}

// RSS is the memory that is resident, in bytes.
func (p Process) RSS() int64 {
	if p == 0 {
		return 0
	}
	statm, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p))
	if err != nil {
		return 0
	}
	fields := bytes.Fields(statm)
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.ParseInt(string(fields[1]), 10, 64)
	return pages * int64(os.Getpagesize())
}

// OwnCPU is the CPU time of this process.
func OwnCPU() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// Ratio is a/b, and 0 where there is nothing to divide by: JSON has no infinity.
func Ratio(a, b float64) float64 {
	if b <= 0 {
		return 0
	}
	return a / b
}
