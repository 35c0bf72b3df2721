%% SPDX-License-Identifier: Apache-2.0
%% The command line: ROW SCHEDULERS NAME=VALUE... A mistake of the caller is thrown as {argument, Text}.
-module(bench_arguments).
-export([parse/2, multiple/3, refuse/2]).

%% Large enough for any row, small enough for sums of 1..N to stay small integers.
-define(MAX_VALUE, 1000000000).
-define(MAX_SCHEDULERS, 1024).

%% The row, and a map of the values of its parameters.
parse([Id, Schedulers | Given], Rows) ->
    case Rows of
        #{Id := {Wanted, _Work} = Row} ->
            _ = number("SCHEDULERS", Schedulers, ?MAX_SCHEDULERS),
            Values = lists:foldl(fun(Text, Values) -> add(Id, Wanted, Text, Values) end, #{}, Given),
            [refuse("~s lacks parameter ~s, want ~s", [Id, Name, names(Wanted)])
             || Name <- Wanted, not is_map_key(Name, Values)],
            {Row, Values};
        _ ->
            refuse("unknown row \"~ts\", want one of ~s", [Id, lists:join(" ", lists:sort(maps:keys(Rows)))])
    end;
parse(Arguments, _Rows) ->
    refuse("got ~b arguments, want ROW SCHEDULERS NAME=VALUE..., --rows or --version", [length(Arguments)]).

add(Id, Wanted, Text, Values) ->
    {Given, Value} = case string:split(Text, "=") of
                         [Before, After] -> {Before, After};
                         [All] -> {All, ""}
                     end,
    case [Name || Name <- Wanted, atom_to_list(Name) =:= Given] of
        [] -> refuse("~s has no parameter \"~ts\", want ~s", [Id, Text, names(Wanted)]);
        [Name] when is_map_key(Name, Values) -> refuse("~s given twice, want each of ~s once", [Name, names(Wanted)]);
        [Name] -> Values#{Name => number(Given, Value, ?MAX_VALUE)}
    end.

number(Name, Text, Max) ->
    case string:to_integer(Text) of
        {Value, ""} when Value >= 1, Value =< Max -> Value;
        _ -> refuse("~s is \"~ts\", want a whole number from 1 to ~b", [Name, Text, Max])
    end.

%% Refuses a value that its divisor does not divide; both are parameters.
multiple(Name, Divisor, Values) ->
    #{Name := Value, Divisor := Of} = Values,
    Value rem Of =:= 0 orelse refuse("~s is ~b, want a multiple of ~s=~b", [Name, Value, Divisor, Of]).

-spec refuse(io:format(), [term()]) -> no_return().
refuse(Format, Values) ->
    throw({argument, io_lib:format(Format, Values)}).

names(Names) ->
    lists:join(" ", [atom_to_list(Name) || Name <- Names]).
