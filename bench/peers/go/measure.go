// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

type line struct {
	name  string
	value int64
}

type result struct {
	check int // computed from what arrived
	want  int // what must have arrived
	lines []line
}

func (r result) print() error {
	if r.check != r.want {
		return fmt.Errorf("check is %d, want %d", r.check, r.want)
	}
	fmt.Println("check", r.check)
	for _, l := range r.lines {
		fmt.Println(l.name, l.value)
	}
	return nil
}

// timed runs work once with a tenth of the count, so that the heap, the threads and the scheduler's caches are warm,
// and once more against the clock. time.Since reads the monotonic clock.
func timed(count int, work, want func(count int) int) (result, error) {
	warm := tenth(count)
	if check := work(warm); check != want(warm) {
		return result{}, fmt.Errorf("check of the warm-up is %d, want %d", check, want(warm))
	}
	start := time.Now()
	check := work(count)
	return result{check, want(count), []line{{"ns", int64(time.Since(start))}}}, nil
}

func tenth(count int) int {
	if count < 10 {
		return 1
	}
	return count / 10
}

func same(count int) int { return count }

func sumTo(count int) int { return count * (count + 1) / 2 }

// residentBytes is the second field of /proc/self/statm in bytes.
func residentBytes() (int64, error) {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0, fmt.Errorf("/proc/self/statm is %q, want seven numbers", text)
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize()), err
}
