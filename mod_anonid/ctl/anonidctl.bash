# SPDX-License-Identifier: Apache-2.0
#
# Completion of anonidctl for bash: options, commands, and the names of the
# accounts where the agent may be asked.

_anonidctl_accounts()
{
    local IFS=$'\n' name
    local -a names

    mapfile -t names < <(anonidctl "$@" -w 1 status --names 2>/dev/null)
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
            status logon check rotate create' -- "$cur")
        ;;
    check:*)
        mapfile -t COMPREPLY < <(compgen -W '--json -H --connect' -- "$cur")
        ;;
    status:*)
        if [[ $cur == -* ]]; then
            mapfile -t COMPREPLY < <(compgen -W '--json --names' -- "$cur")
        else
            _anonidctl_accounts "${where[@]}"
        fi
        ;;
    *) _anonidctl_accounts "${where[@]}" ;;
    esac
}

complete -F _anonidctl anonidctl
