// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"runtime"
	"syscall"
	"time"
)

// idleProcess: a goroutine that ranges over a channel of its own is what Go has for a process that waits
// (go.dev/doc/effective_go#channels).
func idleProcess(p params) (result, error) {
	before, err := residentBytes()
	if err != nil {
		return result{}, err
	}
	acks := startIdle(p["processes"])
	after, err := residentBytes()
	if err != nil {
		return result{}, err
	}
	return result{acks, p["processes"], []line{{"bytes", after - before}}}, nil
}

func idleCPU(p params) (result, error) {
	acks := startIdle(p["processes"])
	runtime.GC() // a collection that the start has set off is not the cost of waiting
	before, err := cpuTime()
	if err != nil {
		return result{}, err
	}
	time.Sleep(time.Duration(p["seconds"]) * time.Second)
	after, err := cpuTime()
	if err != nil {
		return result{}, err
	}
	return result{acks, p["processes"], []line{{"cpu_ns", after - before}}}, nil
}

// startIdle starts goroutines that have each got one message, and gives the number of acknowledgements. A goroutine that
// waits for ever stays: the collector never frees it.
func startIdle(processes int) int {
	acknowledged := make(chan int)
	acks := 0
	for i := 0; i < processes; i++ {
		inbox := make(chan int)
		go func() {
			for message := range inbox {
				acknowledged <- message
			}
		}()
		inbox <- i
		if <-acknowledged == i {
			acks++
		}
	}
	return acks
}

func cpuTime() (int64, error) {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0, fmt.Errorf("getrusage: %w", err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano(), nil
}
