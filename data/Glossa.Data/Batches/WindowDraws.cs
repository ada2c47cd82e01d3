namespace Glossa.Data.Batches;

/// <summary>
/// Which window each draw of a budget takes. Every language goes through its windows in epochs, reshuffled every time; whose turn it is, is a shuffle of all draws. Both
/// orders are computed and not listed: memory depends on the number of languages alone.
/// </summary>
internal sealed class WindowDraws
{
    private const ulong TurnStream = ulong.MaxValue - 1;

    private readonly WindowIndex[] _windows;
    private readonly ulong[] _streams;
    private readonly long[] _ends;
    private readonly ulong _seed;
    private readonly IndexPermutation _turns;

    /// <summary>Shares a budget out.</summary>
    /// <exception cref="InputException">There is no window at all.</exception>
    public WindowDraws(IReadOnlyList<WindowIndex> languages, BatchPlanOptions options)
    {
        double[] weights = [.. languages.Select(windows => windows.Count == 0 ? 0 : Math.Pow(windows.Predictions, options.Sampling))];
        double total = weights.Sum();
        if (total == 0) throw new InputException("there is no text to train on in the chosen languages", fix: "check corpus.split and languages");
        int[] taking = [.. Enumerable.Range(0, languages.Count).Where(i => weights[i] > 0)];
        _windows = [.. taking.Select(i => languages[i])];
        _streams = [.. taking.Select(i => (ulong)i)];
        _ends = new long[taking.Length];
        _seed = options.Seed;
        double owed = 0;
        for (int i = 0; i < taking.Length; i++)
        {
            // What one language falls short of or exceeds by whole windows is carried to the next, so that the sum is the budget.
            owed += options.Tokens * weights[taking[i]] / total;
            (long draws, long predictions) = Take(i, owed);
            owed -= predictions;
            Count += draws;
            Predictions += predictions;
            _ends[i] = Count;
        }
        _turns = new IndexPermutation(Count, _seed, TurnStream);
    }

    /// <summary>Number of draws.</summary>
    public long Count { get; }

    /// <summary>Tokens that all of them predict.</summary>
    public long Predictions { get; }

    private (long Draws, long Predictions) Take(int language, double tokens)
    {
        WindowIndex windows = _windows[language];
        long epochs = (long)Math.Max(0, tokens / windows.Predictions);
        long draws = epochs * windows.Count, taken = epochs * windows.Predictions;
        for (; ; epochs++)
        {
            IndexPermutation order = Epoch(language, epochs);
            for (int i = 0; i < windows.Count; i++)
            {
                int next = windows[(int)order[i]].Predictions;
                if (taken + (next / 2.0) > tokens) return (draws, taken);
                draws++;
                taken += next;
            }
        }
    }

    private IndexPermutation Epoch(int language, long epoch) => new(_windows[language].Count, _seed + ((ulong)epoch * 0xD1B54A32D192ED03), _streams[language]);

    /// <summary>Walks over the draws.</summary>
    public sealed class Cursor(WindowDraws draws)
    {
        private readonly long[] _taken = new long[draws._ends.Length];
        private readonly (long Epoch, IndexPermutation Order)[] _orders = [.. draws._ends.Select(_ => (-1L, default(IndexPermutation)))];

        /// <summary>The number of the next draw.</summary>
        public long Position { get; private set; }

        /// <summary>Goes to a draw, from the first one where it lies behind; a million draws take some hundredths of a second.</summary>
        public void Seek(long position)
        {
            if (position < Position)
            {
                Array.Clear(_taken);
                Position = 0;
            }
            while (Position < position) _taken[Turn()]++;
        }

        /// <summary>The window of the next draw.</summary>
        public TrainingWindow Next()
        {
            int language = Turn();
            WindowIndex windows = draws._windows[language];
            (long epoch, long place) = Math.DivRem(_taken[language]++, windows.Count);
            ref (long Epoch, IndexPermutation Order) at = ref _orders[language];
            if (at.Epoch != epoch) at = (epoch, draws.Epoch(language, epoch));
            return windows[(int)at.Order[place]];
        }

        private int Turn()
        {
            // The language is the number of those that end at the turn or before it.
            long turn = draws._turns[Position++];
            int low = 0;
            for (int left = draws._ends.Length; left > 1;)
            {
                int half = left / 2;
                low += draws._ends[low + half - 1] <= turn ? half : 0;
                left -= half;
            }
            return low;
        }
    }
}
