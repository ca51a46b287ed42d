package dev.leasehold.memory.internal.jfr;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Period;
import jdk.jfr.Registered;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** The figures of budgets, pools and managers, as the flight recorder has them from time to time. */
final class StatisticsEvents {
    private StatisticsEvents() {}

    /** What pools and managers have in common. */
    @Registered(false)
    abstract static class Owner extends Event {
        @Label("Owner")
        @Description("The pool or manager")
        String owner;

        @Label("Budget")
        @Description("The path of the budget that it draws on")
        String budget;

        @Label("State")
        @Description("open, closed or forgotten")
        String state;

        @Label("Reserved")
        @Description("Held from the system")
        @DataAmount
        long reserved;

        @Label("Used")
        @DataAmount
        long used;

        @Label("Idle")
        @DataAmount
        long idle;

        @Label("Quarantined")
        @Description("Waiting for kept views to be cut off")
        @DataAmount
        long quarantined;

        @Label("Peak")
        @Description("The most that was ever held")
        @DataAmount
        long peak;

        @Label("Limit")
        @Description("The largest number where there is none")
        @DataAmount
        long limit;

        @Label("Requests")
        @Description("Served since it was made")
        long requests;

        @Label("Hits")
        @Description("Requests that a thread's own cache served")
        long hits;
    }

    @Name("dev.leasehold.PoolStatistics")
    @Label("Pool Statistics")
    @Description("The figures of a pool")
    @Category({"Leasehold", "Statistics"})
    @Enabled(false)
    @Period("10 s")
    @StackTrace(false)
    static final class Pool extends Owner {
        @Label("Leases")
        long leases;

        @Label("Waiters")
        @Description("Requests that wait for memory")
        int waiters;

        @Label("Waits")
        @Description("Requests that have waited and wait no more")
        long waits;

        @Label("Longest Wait")
        @Timespan(Timespan.NANOSECONDS)
        long longestWait;
    }

    @Name("dev.leasehold.ManagerStatistics")
    @Label("Manager Statistics")
    @Description("The figures of a manager")
    @Category({"Leasehold", "Statistics"})
    @Enabled(false)
    @Period("10 s")
    @StackTrace(false)
    static final class Manager extends Owner {
        @Label("Blocks")
        long blocks;

        @Label("File")
        @Description("The file that it maps, if it maps one")
        String file;
    }

    @Name("dev.leasehold.BudgetStatistics")
    @Label("Budget Statistics")
    @Description("The figures of a budget")
    @Category({"Leasehold", "Statistics"})
    @Enabled(false)
    @Period("10 s")
    @StackTrace(false)
    static final class Budget extends Event {
        @Label("Path")
        String path;

        @Label("Used")
        @DataAmount
        long used;

        @Label("Peak")
        @DataAmount
        long peak;

        @Label("Limit")
        @Description("The largest number where there is none")
        @DataAmount
        long limit;
    }
}
