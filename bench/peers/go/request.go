// SPDX-License-Identifier: Apache-2.0

package main

import (
	"runtime"
	"sort"
	"time"
)

// request: a goroutine locked to its OS thread is what Go has for a plain thread (pkg.go.dev/runtime#LockOSThread). Who answers
// is a goroutine like any other, which the scheduler may run on whichever thread suits it; locked as well it takes four times as long.
func request(p params) (result, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	questions, answers := make(chan int), make(chan int)
	defer close(questions)
	go func() {
		for question := range questions {
			answers <- question + 1
		}
	}()
	samples := make([]time.Duration, p["requests"])
	work := func(requests int) int { return askAll(requests, questions, answers, samples) }
	r, err := timed(p["requests"], work, func(requests int) int { return sumTo(requests) + requests })
	sort.Slice(samples, func(i, j int) bool { return samples[i] < samples[j] })
	r.lines = append(r.lines,
		line{"p50", permille(samples, 500)}, line{"p99", permille(samples, 990)}, line{"p999", permille(samples, 999)})
	return r, err
}

func askAll(requests int, questions chan<- int, answers <-chan int, samples []time.Duration) int {
	sum := 0
	for i := 1; i <= requests; i++ {
		start := time.Now()
		questions <- i
		sum += <-answers
		samples[i-1] = time.Since(start)
	}
	return sum
}

// permille is the smallest sample that n thousandths of the samples do not exceed.
func permille(sorted []time.Duration, n int) int64 {
	return int64(sorted[(len(sorted)*n+999)/1000-1])
}
