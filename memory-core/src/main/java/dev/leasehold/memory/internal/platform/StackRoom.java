package dev.leasehold.memory.internal.platform;

/**
 * Room on the calling thread's stack for what must not stop half-way.
 *
 * <p>A call that finds the stack full throws wherever it happens to be, also between two steps that belong together. So
 * what is about to take such steps calls {@link #require(int)} first: that goes as deep as they do, and where there is
 * no room it throws while nothing has changed. Only at the head of slow ways, for it takes tens of nanoseconds.
 *
 * <p>In few calls of a method with a wide frame, because what costs is the call: 360 bytes where it is compiled, 700
 * where it is interpreted, and what comes after it may be either. With calls of 24 bytes each, as many as the steps
 * have, the store's lists were found half changed.
 */
public final class StackRoom {
  private static final int CALLS = 128;
  private static final int CALLS_A_FRAME = 8;
  private static final long[] VALUES = new long[40];

  private StackRoom() {}

  /** {@link #require(int)} for all that a request or a close may do. */
  public static void require() {
    require(CALLS);
  }

  /**
   * Throws unless there is room for some more calls.
   *
   * @param calls how many
   * @throws StackOverflowError when there is none
   */
  public static void require(int calls) {
    if (descend(calls / CALLS_A_FRAME) < 0) throw new AssertionError("a depth is never negative");
  }

  // The values are read before the last call and used after it, so that they lie in the frame meanwhile. With them this
  // has more bytecode than what a compiler inlines: each call of it has a frame.
  private static long descend(int left) {
    if (left > 0) return descend(left - 1) + 1;
    if (left < 0) return 0;
    long a0 = VALUES[0], a1 = VALUES[1], a2 = VALUES[2], a3 = VALUES[3], a4 = VALUES[4];
    long a5 = VALUES[5], a6 = VALUES[6], a7 = VALUES[7], a8 = VALUES[8], a9 = VALUES[9];
    long a10 = VALUES[10], a11 = VALUES[11], a12 = VALUES[12], a13 = VALUES[13], a14 = VALUES[14];
    long a15 = VALUES[15], a16 = VALUES[16], a17 = VALUES[17], a18 = VALUES[18], a19 = VALUES[19];
    long a20 = VALUES[20], a21 = VALUES[21], a22 = VALUES[22], a23 = VALUES[23], a24 = VALUES[24];
    long a25 = VALUES[25], a26 = VALUES[26], a27 = VALUES[27], a28 = VALUES[28], a29 = VALUES[29];
    long a30 = VALUES[30], a31 = VALUES[31], a32 = VALUES[32], a33 = VALUES[33], a34 = VALUES[34];
    long a35 = VALUES[35], a36 = VALUES[36], a37 = VALUES[37], a38 = VALUES[38], a39 = VALUES[39];
    return descend(-1)
        + (a0 ^ a1 ^ a2 ^ a3 ^ a4 ^ a5 ^ a6 ^ a7 ^ a8 ^ a9
        ^ a10 ^ a11 ^ a12 ^ a13 ^ a14 ^ a15 ^ a16 ^ a17 ^ a18 ^ a19
        ^ a20 ^ a21 ^ a22 ^ a23 ^ a24 ^ a25 ^ a26 ^ a27 ^ a28 ^ a29
        ^ a30 ^ a31 ^ a32 ^ a33 ^ a34 ^ a35 ^ a36 ^ a37 ^ a38 ^ a39);
  }
}
