// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
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
	idle, acks := startIdle(p["processes"])
	after, err := residentBytes()
	if err != nil {
		return result{}, err
	}
	stopIdle(idle)
	return result{acks, p["processes"], []line{{"bytes", after - before}}}, nil
}

func idleCPU(p params) (result, error) {
	idle, acks := startIdle(p["processes"])
	before, err := cpuTime()
	if err != nil {
		return result{}, err
	}
	time.Sleep(time.Duration(p["seconds"]) * time.Second)
	after, err := cpuTime()
	if err != nil {
		return result{}, err
	}
	stopIdle(idle)
	return result{acks, p["processes"], []line{{"cpu_ns", after - before}}}, nil
}

// startIdle gives the channels of goroutines that have each got one message, and the number of acknowledgements.
func startIdle(processes int) (idle []chan int, acks int) {
	acknowledged := make(chan int)
	idle = make([]chan int, processes)
	for i := range idle {
		inbox := make(chan int)
		idle[i] = inbox
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
	return idle, acks
}

// stopIdle ends the goroutines; its use of the channels after the last look also keeps them alive until then.
func stopIdle(idle []chan int) {
	for _, inbox := range idle {
		close(inbox)
	}
}

func cpuTime() (int64, error) {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0, fmt.Errorf("getrusage: %w", err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano(), nil
}
