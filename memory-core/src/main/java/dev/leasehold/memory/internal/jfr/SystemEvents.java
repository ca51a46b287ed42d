package dev.leasehold.memory.internal.jfr;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Throttle;
import jdk.jfr.Timespan;

/** What pools, managers and budgets do, as the flight recorder has it. */
final class SystemEvents {
    private SystemEvents() {}

    @Name("dev.leasehold.Map")
    @Label("Map")
    @Description("Memory was mapped: a region that smaller blocks are cut from, chunks, or a large block")
    @Category("Leasehold")
    @Enabled(false)
    @Throttle("300/s")
    static final class Map extends Event {
        @Label("Owner")
        @Description("The pool or manager")
        String owner;

        @Label("Bytes")
        @DataAmount
        long bytes;
    }

    @Name("dev.leasehold.Unmap")
    @Label("Unmap")
    @Description("Memory went back to the system with its addresses")
    @Category("Leasehold")
    @Enabled(false)
    @StackTrace(false)
    @Throttle("300/s")
    static final class Unmap extends Event {
        @Label("Owner")
        @Description("The pool or manager")
        String owner;

        @Label("Bytes")
        @DataAmount
        long bytes;
    }

    @Name("dev.leasehold.Retire")
    @Label("Retire Kept Views")
    @Description("Kept views were cut off together, and the memory that waited for that can be used again")
    @Category("Leasehold")
    @Enabled(false)
    @StackTrace(false)
    @Throttle("300/s")
    static final class Retire extends Event {
        @Label("Owner")
        @Description("The pool or manager")
        String owner;

        @Label("Blocks")
        @Description("How many closed blocks had waited")
        int blocks;

        @Label("Lifetime")
        @Description("How long the views were together")
        @Timespan
        long lifetime;
    }

    @Name("dev.leasehold.Refusal")
    @Label("Refusal")
    @Description("A limit stopped a request, after idle memory had been taken back")
    @Category("Leasehold")
    @Throttle("20/s")
    static final class Refusal extends Event {
        @Label("Path")
        @Description("The budget whose limit it was, or the pool or manager with a limit of its own")
        String path;

        @Label("Requested")
        @DataAmount
        long requested;

        @Label("Limit")
        @DataAmount
        long limit;

        @Label("Used")
        @DataAmount
        long used;
    }

    @Name("dev.leasehold.CloseInUse")
    @Label("Close in Use")
    @Description("A pool or manager was closed, or became garbage, while leases or blocks of it were in use")
    @Category("Leasehold")
    static final class CloseInUse extends Event {
        @Label("Owner")
        @Description("The pool or manager")
        String owner;

        @Label("Count")
        @Description("How many leases or blocks")
        long count;

        @Label("Bytes")
        @DataAmount
        long bytes;
    }
}
