%% SPDX-License-Identifier: Apache-2.0
%% down_storm: spawn_monitor, and a 'DOWN' message for each end (www.erlang.org/doc/reference_manual/processes.html,
%% "Monitors").
-module(bench_down_storm).
-export([run/1]).

run(#{processes := Processes}) ->
    process_flag(message_queue_data, off_heap),
    bench_measure:timed(Processes, fun start/1, fun tell_all/2, fun bench_measure:same/1).

start(Processes) ->
    [spawn_monitor(fun() -> receive stop -> ok end end) || _ <- lists:seq(1, Processes)].

tell_all(Processes, Monitored) ->
    [Process ! stop || {Process, _Monitor} <- Monitored],
    notices(Processes, 0).

notices(0, Notices) ->
    Notices;
notices(Left, Notices) ->
    receive {'DOWN', _Monitor, process, _Process, normal} -> notices(Left - 1, Notices + 1) end.
