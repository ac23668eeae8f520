#!/bin/sh
# Tells whether the Proxmox provider will trust the CA of proxmox_ca_file, before it asks the API.
# The provider has no argument for it: Go reads SSL_CERT_FILE and SSL_CERT_DIR of terraform's own environment.
# Program of an `external` data source: one JSON object, or a message and exit code 1.
set -eu
ca=$CA_FILE
case $ca in \~/*) ca=$HOME/${ca#??} ;; esac

# Terraform prints what is said here; a path is a person's text.
say() { printf '%s\n' "$1" >&2; }
# The certificates of a file as one line, without what stands around them.
body() { sed -n '/-----BEGIN CERTIFICATE-----/,/-----END CERTIFICATE-----/p' "$1" | tr -d '\r\n '; }

if [ ! -r "$ca" ]; then
  say "proxmox_ca_file: $ca cannot be read here. Put the CA certificate of the Proxmox API there, or mend the path in the inventory."
  exit 1
fi
folder=$(cd "$(dirname "$ca")" && pwd)
absolute=$folder/${ca##*/}

trusted() {
  # On macOS Go asks the keychain, and no file tells what is in it.
  [ "$(uname)" != Darwin ] || return 0
  wanted=$(body "$ca")
  [ -n "$wanted" ] || {
    say "proxmox_ca_file: $absolute holds no certificate in PEM form."
    exit 1
  }
  for file in ${SSL_CERT_FILE:+"$SSL_CERT_FILE"} /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem /etc/ssl/cert.pem; do
    # The system's own bundles count only while SSL_CERT_FILE does not take their place.
    [ "$file" = "${SSL_CERT_FILE:-$file}" ] || continue
    [ -r "$file" ] || continue
    case $(body "$file") in *"$wanted"*) return 0 ;; esac
  done
  IFS=:
  for folder in ${SSL_CERT_DIR:-/etc/ssl/certs:/etc/pki/tls/certs}; do
    for file in "$folder"/*; do
      if [ ! -f "$file" ] || [ ! -r "$file" ]; then continue; fi
      case $(body "$file") in *"$wanted"*) return 0 ;; esac
    done
  done
  return 1
}

if ! trusted; then
  say "proxmox_ca_file: terraform does not trust $absolute: the Proxmox provider has no setting for it and reads SSL_CERT_FILE. Run: export SSL_CERT_FILE='$absolute' (or a file that holds it beside the CAs that other providers and backends need)."
  exit 1
fi
printf '{"trusted":"yes"}\n'
