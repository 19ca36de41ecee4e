package stacktrace

import "strings"

// podOf reads what kubelet says in the path of a container's log file,
// /var/log/pods/<namespace>_<pod>_<uid>/<container>/<restart count>.log, also when it was rotated (0.log.20261121-171634, with or without
// .gz). The attributes are those of the container operator. nil: another path.
func podOf(path string) map[string]any {
	path = strings.ReplaceAll(path, `\`, "/")
	dir, file := cutLast(path)
	dir, container := cutLast(dir)
	_, pod := cutLast(dir)
	restart, rotated, ok := strings.Cut(file, ".log")
	if _, isNumber := number(restart); !ok || !isNumber || restart == "" || container == "" || rotated != "" && rotated[0] != '.' {
		return nil
	}
	parts := strings.Split(pod, "_")
	if len(parts) != 3 || parts[0] == "" || parts[1] == "" || !isUID(parts[2]) {
		return nil
	}
	return map[string]any{
		"k8s.namespace.name":          parts[0],
		"k8s.pod.name":                parts[1],
		"k8s.pod.uid":                 parts[2],
		"k8s.container.name":          container,
		"k8s.container.restart_count": restart,
	}
}

func cutLast(path string) (dir, name string) {
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return "", path
	}
	return path[:i], path[i+1:]
}

// isUID reports hexadecimal digits and hyphens: a UUID, or the hash of a static pod.
func isUID(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') && c != '-' {
			return false
		}
	}
	return s != ""
}
