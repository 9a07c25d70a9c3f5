// How fast and in how much memory a transcript is parsed:  bench/parse/run FILE [FORMAT [ROUNDS]]
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "core/transcript/transcript.h"

namespace {

long peak_kb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  std::string document;
  {
    std::ifstream file(argv[1], std::ios::binary | std::ios::ate);
    document.resize(static_cast<size_t>(file.tellg()));
    file.seekg(0);
    file.read(document.data(), static_cast<std::streamsize>(document.size()));
  }
  const int rounds = argc > 3 ? atoi(argv[3]) : 5;
  const long before = peak_kb();
  std::vector<double> seconds;
  for (int i = 0; i < rounds; ++i) {
    const auto start = std::chrono::steady_clock::now();
    s2t::core::Transcript* transcript = nullptr;
    const s2t::core::Status status = s2t::core::parse_transcript(
        document, argc > 2 ? argv[2] : "auto", nullptr, nullptr, &transcript);
    if (!status.ok()) {
      fprintf(stderr, "%s: %s\n", status.message, status.detail);
      return 1;
    }
    s2t::core::free_transcript(transcript);
    seconds.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::sort(seconds.begin(), seconds.end());
  const double megabytes = static_cast<double>(document.size()) / 1e6;
  printf("%.1f MB/s (median of %d), memory %.2f times the document\n",
         megabytes / seconds[seconds.size() / 2], rounds,
         static_cast<double>(peak_kb() - before) * 1024 / static_cast<double>(document.size()));
  return 0;
}
