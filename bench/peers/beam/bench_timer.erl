%% SPDX-License-Identifier: Apache-2.0
%% timer: erlang:send_after and erlang:cancel_timer, which the Efficiency Guide prefers to the timer module
%% (www.erlang.org/doc/efficiency_guide/commoncaveats.html, "Timer Module"). A timer that was still there gives the time
%% that it had left.
-module(bench_timer).
-export([run/1]).

-define(HOUR_MS, 3600000).

run(#{timers := Timers}) ->
    bench_measure:timed(Timers, fun(Count) -> start_and_cancel(Count, 0) end, fun bench_measure:same/1).

start_and_cancel(0, Cancelled) ->
    Cancelled;
start_and_cancel(Left, Cancelled) ->
    Timer = erlang:send_after(?HOUR_MS, self(), timeout),
    case erlang:cancel_timer(Timer) of
        TimeLeft when is_integer(TimeLeft) -> start_and_cancel(Left - 1, Cancelled + 1);
        false -> start_and_cancel(Left - 1, Cancelled)
    end.
