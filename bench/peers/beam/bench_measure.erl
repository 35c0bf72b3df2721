%% SPDX-License-Identifier: Apache-2.0
%% Times a row's work and looks at the memory of the emulator.
-module(bench_measure).
-export([timed/3, timed/4, verify/3, same/1, sum_to/1, resident_bytes/0]).

timed(Count, Work, Want) ->
    timed(Count, fun(_) -> none end, fun(WorkCount, none) -> Work(WorkCount) end, Want).

%% Runs Work once with a tenth of the count, so that the code is loaded and the heaps are warm, and once more against the
%% monotonic clock. What Prepare gives to Work is made outside of the measured time.
timed(Count, Prepare, Work, Want) ->
    Warm = max(1, Count div 10),
    verify("check of the warm-up", Work(Warm, Prepare(Warm)), Want(Warm)),
    Prepared = Prepare(Count),
    Start = erlang:monotonic_time(nanosecond),
    Check = Work(Count, Prepared),
    {Check, Want(Count), [{ns, erlang:monotonic_time(nanosecond) - Start}]}.

verify(_What, Got, Got) ->
    ok;
verify(What, Got, Want) ->
    throw({failure, io_lib:format("~s is ~b, want ~b", [What, Got, Want])}).

same(Count) -> Count.

sum_to(Count) -> Count * (Count + 1) div 2.

%% The second field of statm in bytes.
resident_bytes() ->
    PageSize = list_to_integer(string:trim(os:cmd("getconf PAGESIZE"))),
    {ok, Statm} = file:read_file(["/proc/", os:getpid(), "/statm"]),
    [_Size, Resident | _] = binary:split(Statm, <<" ">>, [global]),
    binary_to_integer(Resident) * PageSize.
