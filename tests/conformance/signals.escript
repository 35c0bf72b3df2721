#!/usr/bin/env escript
%% SPDX-License-Identifier: Apache-2.0
%%! +S 1:1
%% Plays a file of scenarios (signals.scenarios, as run.sh expands it) and prints what happens. On one scheduler, so that
%% what is seen does not depend on time: who has seen a process's end runs when that has told all others, and who lets all
%% others run again and again finds that they have done what they had to do. Compiled, so that no slice ends among the actions
%% of one line.
-mode(compile).

main([File]) ->
    logger:set_primary_config(level, none),
    {ok, Text} = file:read_file(File),
    play(string:split(binary_to_list(Text), "\n", all), #{}).

%% World: who there is, in the order they came (`order`), their pids, the references by name.
play([], World) -> over(World);
play([Line | Rest], World) ->
    case string:lexemes(Line, " ") of
        [] -> play(Rest, World);
        ["scenario" | _] -> over(World), io:format("~ts~n", [Line]), play(Rest, #{order => []});
        ["processes" | Names] ->
            play(Rest, lists:foldl(fun(N, W) -> add(N, spawn(fun() -> live(N) end), W) end, World, Names));
        ["wait", Name] ->
            io:format("~ts~n", [Line]),
            play(Rest, case maps:is_key({ended, Name}, World) of
                           true -> World;
                           false -> ended(Name, gone(Name, World), World)
                       end);
        [Who | _] ->
            io:format("~ts~n", [Line]),
            Name = lists:droplast(Who),
            [_, Text] = string:split(Line, ": "),
            Actions = [string:lexemes(A, " ") || A <- string:split(Text, ";", all)],
            case maps:is_key({ended, Name}, World) of
                true -> io:format("  ~ts is gone~n", [Name]), play(Rest, World);
                false -> play(Rest, perform(Name, Actions, World))
            end
    end.

add(Name, Pid, World = #{order := Order}) ->
    World#{order := Order ++ [Name], {pid, Name} => Pid, {watch, Name} => monitor(process, Pid)}.

gone(Name, World) ->
    Ref = maps:get({watch, Name}, World),
    receive {'DOWN', Ref, process, _, Reason} -> Reason after 20000 -> hangs end.

ended(Name, Reason, World) ->
    io:format("  ~ts ended: ~ts~n", [Name, text(Reason)]),
    World#{{ended, Name} => true}.

perform(Name, Actions, World) ->
    Ref = maps:get({watch, Name}, World),
    maps:get({pid, Name}, World) ! {perform, self(), Actions, World},
    receive
        {performed, Lines, News} ->
            [io:format("  ~ts~n", [L]) || L <- Lines],
            lists:foldl(fun({ref, N, R}, W) -> W#{{ref, N} => R};
                           ({process, N, P}, W) -> add(N, P, W) end, World, News);
        {'DOWN', Ref, process, _, Reason} -> ended(Name, Reason, World)
    after 20000 -> io:format("  ~ts does not answer~n", [Name]), World
    end.

%% Whoever is left dies of being killed; the others of something else.
over(World) ->
    Left = [N || N <- maps:get(order, World, []), not maps:is_key({ended, N}, World)],
    [exit(maps:get({pid, N}, World), kill) || N <- Left],
    [io:format("  ~ts at the end: ~ts~n", [N, case gone(N, World) of killed -> "alive"; R -> text(R) end]) || N <- Left].

%% -- a process of a scenario --------------------------------------------------------------------------------------------

live(Me) ->
    receive {perform, From, Actions, World} ->
        {Lines, News, _} = lists:foldl(fun(A, {L, N, W}) ->
            case act(A, W) of
                ok -> {L, N, W};
                {print, More} -> {L ++ [Me ++ " " ++ M || M <- More], N, W};
                {new, Ref = {ref, Name, R}} -> {L, N ++ [Ref], W#{{ref, Name} => R}};
                {new, Process = {process, Name, P}} -> {L, N ++ [Process], W#{{pid, Name} => P}};
                {new, Process = {process, Child, P}, Ref = {ref, Name, R}} ->
                    {L, N ++ [Process, Ref], W#{{pid, Child} => P, {ref, Name} => R}}
            end end, {[], [], World}, Actions),
        From ! {performed, Lines, News}
    end,
    live(Me).

act(["trap", How], _) -> answer("trapped", process_flag(trap_exit, How =:= "on"));
%% Where it is cheap to see that there is nobody, Erlang's link/1 raises an error instead of sending itself the signal.
act(["link", Name], W) -> try link(pid(Name, W)) of true -> ok catch error:noproc -> exit(noproc) end;
act(["unlink", Name], W) -> unlink(pid(Name, W)), ok;
act(["monitor", Name, M], W) -> {new, {ref, M, monitor(process, pid(Name, W))}};
act(["monitor", Name, M, Mode], W) ->
    {new, {ref, M, monitor(process, pid(Name, W), [{alias, list_to_atom(Mode)}])}};
act(["monitor_name", Name, M], _) -> {new, {ref, M, monitor(process, list_to_atom(Name))}};
act(["demonitor", M], W) -> answer("demonitor", demonitor(ref(M, W), [info]));
act(["demonitor", M, "flush"], W) -> answer("demonitor", demonitor(ref(M, W), [info, flush]));
act(["spawn_link", Name], _) -> {new, {process, Name, spawn_link(fun() -> live(Name) end)}};
act(["spawn_monitor", Name, M], _) ->
    {Pid, Ref} = spawn_monitor(fun() -> live(Name) end),
    {new, {process, Name, Pid}, {ref, M, Ref}};
act(["exit", Name, Reason], W) -> exit(pid(Name, W), reason(Reason)), ok;
act(["die", Reason], _) -> exit(reason(Reason));
act(["crash"], _) -> error(boom);
act(["alias", M, Mode], _) -> {new, {ref, M, alias([list_to_atom(Mode)])}};
act(["unalias", M], W) -> answer("unalias", unalias(ref(M, W)));
act(["send", Name, N], W) -> pid(Name, W) ! list_to_integer(N), ok;
act(["send_alias", M, N], W) -> ref(M, W) ! list_to_integer(N), ok;
act(["send_name", Name, N], _) -> attempt("send_name", fun() -> list_to_atom(Name) ! list_to_integer(N) end);
act(["register", Name, P], W) -> attempt("register", fun() -> register(list_to_atom(Name), pid(P, W)) end);
act(["unregister", Name], _) -> attempt("unregister", fun() -> unregister(list_to_atom(Name)) end);
act(["whereis", Name], W) -> {print, ["whereis: " ++ name(whereis(list_to_atom(Name)), W)]};
act(["read", N], W) -> {print, read(list_to_integer(N), 20000, W)};
act(["sorted", N], W) -> {print, lists:sort(read(list_to_integer(N), 20000, W))};
act(["rest"], W) -> [erlang:yield() || _ <- lists:seq(1, 200)], {print, read(1000, 0, W)}.

answer(What, Bool) -> {print, [What ++ ": " ++ atom_to_list(Bool)]}.
attempt(What, Try) -> try Try(), {print, [What ++ ": ok"]} catch error:badarg -> {print, [What ++ ": refused"]} end.

read(0, _, _) -> [];
read(N, Patience, W) ->
    receive
        {'EXIT', From, R} -> ["got exit from " ++ name(From, W) ++ ": " ++ text(R) | read(N - 1, Patience, W)];
        {'DOWN', Ref, process, {Name, _}, R} when is_atom(Name) ->
            ["got down " ++ name(Ref, W) ++ " of name " ++ atom_to_list(Name) ++ ": " ++ text(R) | read(N - 1, Patience, W)];
        {'DOWN', Ref, process, From, R} ->
            ["got down " ++ name(Ref, W) ++ " of " ++ name(From, W) ++ ": " ++ text(R) | read(N - 1, Patience, W)];
        Number when is_integer(Number) -> ["got " ++ integer_to_list(Number) | read(N - 1, Patience, W)]
    after Patience -> ["got nothing more"]
    end.

pid(Name, W) -> maps:get({pid, Name}, W).
ref(Name, W) -> maps:get({ref, Name}, W).
%% What the scenario calls a pid or a reference.
name(undefined, _) -> "nobody";
name(Value, W) ->
    case [N || {{Kind, N}, V} <- maps:to_list(W), V =:= Value, Kind =/= watch] of [Name] -> Name; [] -> "a stranger" end.

reason(Text) ->
    case string:lexemes(Text, "()") of
        [Kind] -> list_to_atom(Kind);
        [Kind, N] -> {list_to_atom(Kind), list_to_integer(N)}
    end.

text({boom, _}) -> "exception";
text({Kind, N}) when is_integer(N) -> atom_to_list(Kind) ++ "(" ++ integer_to_list(N) ++ ")";
text(Kind) when is_atom(Kind) -> atom_to_list(Kind);
text(Other) -> io_lib:format("~w", [Other]).
