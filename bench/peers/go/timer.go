// SPDX-License-Identifier: Apache-2.0

package main

import "time"

// timer: time.AfterFunc and Stop, whose result says whether the timer was still there (pkg.go.dev/time#Timer.Stop).
func timer(p params) (result, error) {
	return timed(p["timers"], startAndStop, same)
}

func startAndStop(timers int) int {
	fired := make(chan struct{}, 1)
	message := func() { fired <- struct{}{} }
	stopped := 0
	for i := 0; i < timers; i++ {
		if time.AfterFunc(time.Hour, message).Stop() {
			stopped++
		}
	}
	return stopped
}
