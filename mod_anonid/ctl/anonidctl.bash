# SPDX-License-Identifier: Apache-2.0
#
# Completion of anonidctl for bash: options, commands, and the names of
# accounts and mail services where the agent may be asked.

# _anonidctl_names --names|--services [-s DIR]
_anonidctl_names()
{
    local IFS=$'\n' name kind=$1
    local -a names

    shift
    mapfile -t names < <(anonidctl "$@" -w 1 status "$kind" 2>/dev/null)
    COMPREPLY=()
    for name in "${names[@]}"; do
        [[ $name == "$cur"* ]] && COMPREPLY+=("$(printf '%q' "$name")")
    done
}

_anonidctl()
{
    local cur=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local i command=
    local -a where=()

    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        -s) where=(-s "${COMP_WORDS[++i]}") ;;
        -w) ((i++)) ;;
        -*) ;;
        *)
            command=${COMP_WORDS[i]}
            break
            ;;
        esac
    done
    case $command:$previous in
    :-s) mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
    :-w) ;;
    :*)
        mapfile -t COMPREPLY < <(compgen -W '-s -w --help --version help
            status logon check mail rotate create' -- "$cur")
        ;;
    check:*)
        mapfile -t COMPREPLY < <(compgen -W '--json -H --connect' -- "$cur")
        ;;
    status:*)
        if [[ $cur == -* ]]; then
            mapfile -t COMPREPLY < <(compgen -W '--json --names --services
                --watch' -- "$cur")
        else
            _anonidctl_names --names "${where[@]}"
        fi
        ;;
    mail:*)
        if [[ $cur == -* ]]; then
            mapfile -t COMPREPLY < <(compgen -W '--json' -- "$cur")
        elif ((COMP_CWORD == i + 1)) || [[ $previous == --json ]]; then
            _anonidctl_names --services "${where[@]}"
        else
            _anonidctl_names --names "${where[@]}"
        fi
        ;;
    *) _anonidctl_names --names "${where[@]}" ;;
    esac
}

complete -F _anonidctl anonidctl
