#!/bin/bash
# Makes what the images of the container tests are made from, where no registry can be reached: the file systems of
# Debian for python:slim and for the stand-ins, and the Python packages. Needs root, debootstrap, Maven and a network.
# Prints the folder; a second call finds it made.
set -euo pipefail

here="$(cd "$(dirname "$0")" && pwd)"
root="$here/../.."
made_of="$(cat "$here/base.sh" "$root/requirements/services.txt" "$root/requirements/tools.txt" "$root/requirements/build.txt" | sha256sum | cut -c1-12)"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/huying/containers-$made_of"
[ -e "$cache" ] && { echo "$cache"; exit 0; }
work="$(mktemp -d "$cache.XXXXXX")"
trap 'rm -rf "$work"' EXIT

debian() {  # debian NAME PACKAGE… writes NAME.tar, as lean as Debian's own slim images
  system="$work/$1"
  shift
  cp -a "$work/minbase" "$system"
  printf '#!/bin/sh\nexit 101\n' > "$system/usr/sbin/policy-rc.d"  # nothing that is installed is started
  chmod +x "$system/usr/sbin/policy-rc.d"
  cp /etc/resolv.conf /etc/hosts "$system/etc/"
  mkdir -p "$system/usr/share/man/man1"  # Java's package expects it
  export DEBIAN_FRONTEND=noninteractive
  # shellcheck disable=SC2016
  unshare --mount --propagation private sh -ec 'mount -t proc proc "$1/proc"
    chroot "$1" apt-get update -qq
    system="$1"; shift
    chroot "$system" apt-get install -y -qq --no-install-recommends "$@" > /dev/null' sh "$system" "$@" >&2
  rm -rf "$system"/var/lib/apt/lists/* "$system"/var/cache/* "$system"/var/log/* "$system"/usr/share/{doc,man,info,locale}
  tar -C "$system" -cf "$system.tar" .
  rm -rf "$system"
}

# The packages come from where this machine has its own.
# shellcheck disable=SC2016
sources="$(apt-get indextargets --format 'deb $(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' | grep ' bookworm' | sort -u)"
mirror="$(awk '$3 == "bookworm" { print $2; exit }' <<< "$sources")"
debootstrap --variant=minbase bookworm "$work/minbase" "$mirror" > "$work/debootstrap.log"
printf '%s\n' "$sources" > "$work/minbase/etc/apt/sources.list"
debian python python3.11 ca-certificates netbase tzdata
debian build python3.11 python3-pip python3.11-venv binutils
debian others nginx-light curl openssl netbase openjdk-17-jre-headless prometheus prometheus-node-exporter \
  prometheus-blackbox-exporter python3.11 wget
rm -rf "$work/minbase"
mkdir "$work/wheels"
echo "the Python packages" >&2
for list in services build tools; do
  "$root/.venv/bin/pip" download -q --no-deps --require-hashes -r "$root/requirements/$list.txt" -d "$work/wheels" >&2
done
mv "$work" "$cache"
trap - EXIT
echo "$cache"
