# Serves a serial port of a bench host on standard input and output, until either ends. POSIX shell; it must not
# lead its session, or the port would become its terminal, which hangs up on whoever has the port open next.
# Arguments: the port; the words for stty; the speed; what marks the links of one controller.
# Tells on standard error, in lines that begin with "ceharness:", what became of it, then an empty line every
# second: so it notices when nobody hears it any more, and its controller that the bench is there.
port=$1 settings=$2 speed=$3 mark=$4
main=$$

say() {
    echo "ceharness: $*" >&2
}

die() {
    say "$@"
    kill "$watchdog" 2>/dev/null
    exit 1
}

nap() {
    sleep 0.1 2>/dev/null || sleep 1
}

# What an earlier link of this controller has left, its connection having died unnoticed: it would steal bytes.
# The brackets keep grep from finding itself.
if [ -d /proc/self/fd ]; then
    stale=$(grep -ls "[c]eharness-link-$mark" /proc/[0-9]*/cmdline | sed "s|/proc/||; s|/cmdline||")
else
    stale=$(ps -A -o pid= -o args= | sed -n "s|^ *\([0-9]*\) .*[c]eharness-link-$mark.*|\1|p")
fi
naps=0
for pid in $stale; do
    case $pid in "$main" | "$PPID") continue ;; esac
    kill "$pid" 2>/dev/null
    while kill -0 "$pid" 2>/dev/null && [ "$naps" -lt 20 ]; do
        naps=$((naps + 1))
        nap
    done
done

# Ends everything when the channel is closed, also while opening the port or writing to it hangs.
(
    trap "" PIPE
    exec </dev/null >/dev/null
    while sleep 1 2>/dev/null && kill -0 "$main" 2>/dev/null && echo >&2; do :; done
    kill "$main"
) &
watchdog=$!

[ -e "$port" ] || die missing
[ -c "$port" ] || die terminal
{ [ -r "$port" ] && [ -w "$port" ]; } || die denied "$(id -un), groups $(id -Gn)"
say opening
command exec 3<>"$port" || die open
[ -t 3 ] || die terminal
real=$(readlink -f "$port" 2>/dev/null) || real=$port

# Who else uses the port, as "minicom (pid 812)"; nothing if nobody does, as far as it can be seen.
holder() {
    exec 3<&-
    lock=/var/lock/LCK..${real##*/}
    found=
    if [ -r "$lock" ]; then
        read -r found rest <"$lock"
    fi
    for pid in $found $(
        ls -l /proc/[0-9]*/fd 2>/dev/null | sed -n -e "/:\$/h" -e "\\|-> $real\$|{g;s|/proc/||;s|/fd:||;p;}"
    ); do
        [ "$pid" = "$main" ] && continue
        # A lock file may be older than the end of its program.
        [ -d "/proc/$pid" ] || kill -0 "$pid" 2>/dev/null || continue
        # The other end of a pseudo terminal keeps it open itself.
        case $real in
            /dev/pts/*) ls -l "/proc/$pid/fd" 2>/dev/null | grep -q "ptmx\$" && continue ;;
        esac
        echo "$(cat "/proc/$pid/comm" 2>/dev/null) (pid $pid)"
        return
    done
}

# A program that is about to end, such as the link before this one, gets a moment.
naps=0
while
    who=
    if command -v flock >/dev/null 2>&1 && ! flock -n 0 <&3; then
        who="another program"
    fi
    other=$(holder)
    who=${other:-$who}
    [ -n "$who" ]
do
    naps=$((naps + 1))
    [ "$naps" -lt 10 ] || die busy "$who"
    nap
done

stty $settings <&3 || die settings
stty "$speed" <&3 || die speed
now=$(stty speed <&3 2>/dev/null)
case $now in
    "" | *[!0-9]*) ;;
    *) [ "$now" = "$speed" ] || die speed "it stays at $now" ;;
esac

exec 4<&0 </dev/null
# Not cat: where that splices, as in busybox, whoever reads its pipe is stuck while it waits for the port.
dd bs=4096 <&3 4<&- 2>/dev/null &
reader=$!
(
    trap "kill \$!; exit" TERM
    exec >/dev/null
    dd bs=4096 <&4 >&3 &
    wait $!
    kill "$reader"
) 2>/dev/null &
feeder=$!
exec 4<&-
trap "kill $reader 2>/dev/null" TERM HUP INT
say ready
wait "$reader"
[ $? -gt 128 ] || say gone
kill "$feeder" "$watchdog" 2>/dev/null
wait "$feeder" 2>/dev/null
