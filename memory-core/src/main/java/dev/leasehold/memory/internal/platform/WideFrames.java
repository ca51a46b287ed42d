package dev.leasehold.memory.internal.platform;

/**
 * Calls whose frames are wide, because what costs is the call: some 900 bytes where it is compiled, 1,700 where it is
 * interpreted.
 *
 * <p>A frame is as wide as its widest way needs, whichever is taken. A compiler leaves out a way that it has never seen
 * taken, so every other call takes it until all compilers must have come by. With it the method has more bytecode than
 * they inline: each call of it has a frame.
 */
final class WideFrames {
  private static final long[] VALUES = new long[100];

  // How often the way was taken that makes the frame wide.
  private static final int ENOUGH = 40_000;
  private static int wide;

  private WideFrames() {}

  /** Goes deeper by {@code left} frames, and by one more. */
  static long descend(int left) {
    if (left > 0) return descend(left - 1) + 1;
    if (left < 0 || wide >= ENOUGH || (++wide & 1) == 0) return 0;
    // Read before a call and used after it: they lie in the frame meanwhile.
    long a0 = VALUES[0], a1 = VALUES[1], a2 = VALUES[2], a3 = VALUES[3], a4 = VALUES[4];
    long a5 = VALUES[5], a6 = VALUES[6], a7 = VALUES[7], a8 = VALUES[8], a9 = VALUES[9];
    long a10 = VALUES[10], a11 = VALUES[11], a12 = VALUES[12], a13 = VALUES[13], a14 = VALUES[14];
    long a15 = VALUES[15], a16 = VALUES[16], a17 = VALUES[17], a18 = VALUES[18], a19 = VALUES[19];
    long a20 = VALUES[20], a21 = VALUES[21], a22 = VALUES[22], a23 = VALUES[23], a24 = VALUES[24];
    long a25 = VALUES[25], a26 = VALUES[26], a27 = VALUES[27], a28 = VALUES[28], a29 = VALUES[29];
    long a30 = VALUES[30], a31 = VALUES[31], a32 = VALUES[32], a33 = VALUES[33], a34 = VALUES[34];
    long a35 = VALUES[35], a36 = VALUES[36], a37 = VALUES[37], a38 = VALUES[38], a39 = VALUES[39];
    long a40 = VALUES[40], a41 = VALUES[41], a42 = VALUES[42], a43 = VALUES[43], a44 = VALUES[44];
    long a45 = VALUES[45], a46 = VALUES[46], a47 = VALUES[47], a48 = VALUES[48], a49 = VALUES[49];
    long a50 = VALUES[50], a51 = VALUES[51], a52 = VALUES[52], a53 = VALUES[53], a54 = VALUES[54];
    long a55 = VALUES[55], a56 = VALUES[56], a57 = VALUES[57], a58 = VALUES[58], a59 = VALUES[59];
    long a60 = VALUES[60], a61 = VALUES[61], a62 = VALUES[62], a63 = VALUES[63], a64 = VALUES[64];
    long a65 = VALUES[65], a66 = VALUES[66], a67 = VALUES[67], a68 = VALUES[68], a69 = VALUES[69];
    long a70 = VALUES[70], a71 = VALUES[71], a72 = VALUES[72], a73 = VALUES[73], a74 = VALUES[74];
    long a75 = VALUES[75], a76 = VALUES[76], a77 = VALUES[77], a78 = VALUES[78], a79 = VALUES[79];
    long a80 = VALUES[80], a81 = VALUES[81], a82 = VALUES[82], a83 = VALUES[83], a84 = VALUES[84];
    long a85 = VALUES[85], a86 = VALUES[86], a87 = VALUES[87], a88 = VALUES[88], a89 = VALUES[89];
    long a90 = VALUES[90], a91 = VALUES[91], a92 = VALUES[92], a93 = VALUES[93], a94 = VALUES[94];
    long a95 = VALUES[95], a96 = VALUES[96], a97 = VALUES[97], a98 = VALUES[98], a99 = VALUES[99];
    return descend(-1)
        + (a0 ^ a1 ^ a2 ^ a3 ^ a4 ^ a5 ^ a6 ^ a7 ^ a8 ^ a9 ^ a10 ^ a11 ^ a12 ^ a13 ^ a14 ^ a15 ^ a16 ^ a17 ^ a18 ^ a19
        ^ a20 ^ a21 ^ a22 ^ a23 ^ a24 ^ a25 ^ a26 ^ a27 ^ a28 ^ a29 ^ a30 ^ a31 ^ a32 ^ a33 ^ a34 ^ a35 ^ a36 ^ a37 ^ a38 ^ a39
        ^ a40 ^ a41 ^ a42 ^ a43 ^ a44 ^ a45 ^ a46 ^ a47 ^ a48 ^ a49 ^ a50 ^ a51 ^ a52 ^ a53 ^ a54 ^ a55 ^ a56 ^ a57 ^ a58 ^ a59
        ^ a60 ^ a61 ^ a62 ^ a63 ^ a64 ^ a65 ^ a66 ^ a67 ^ a68 ^ a69 ^ a70 ^ a71 ^ a72 ^ a73 ^ a74 ^ a75 ^ a76 ^ a77 ^ a78 ^ a79
        ^ a80 ^ a81 ^ a82 ^ a83 ^ a84 ^ a85 ^ a86 ^ a87 ^ a88 ^ a89 ^ a90 ^ a91 ^ a92 ^ a93 ^ a94 ^ a95 ^ a96 ^ a97 ^ a98 ^ a99);
  }
}
