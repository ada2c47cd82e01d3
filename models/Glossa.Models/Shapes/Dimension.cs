using System.Globalization;

namespace Glossa.Models.Shapes;

/// <summary>
/// A whole number that may be unknown when a graph is read: a polynomial with whole coefficients over named symbols
/// (<c>batch</c>, <c>past + sequence</c>, <c>4*heads</c>). Two dimensions are equal where their polynomials are: equal ones always
/// have the same size, unequal ones may still have.
/// </summary>
public sealed class Dimension : IEquatable<Dimension>
{
    private readonly SortedDictionary<string, Term> _terms;
    private string? _text;

    private Dimension(SortedDictionary<string, Term> terms) => _terms = terms;

    private sealed record Term(string[] Symbols, long Factor);

    /// <summary>The number 0.</summary>
    public static Dimension Zero { get; } = Of(0);

    /// <summary>The number 1.</summary>
    public static Dimension One { get; } = Of(1);

    /// <summary>True where the size is known.</summary>
    public bool IsConstant => _terms.Count == 0 || (_terms.Count == 1 && _terms.ContainsKey(""));

    /// <summary>The size where it is known, otherwise -1.</summary>
    public long Value => _terms.Count == 0 ? 0 : IsConstant ? _terms[""].Factor : -1;

    /// <summary>A known size.</summary>
    public static Dimension Of(long value)
    {
        SortedDictionary<string, Term> terms = new(StringComparer.Ordinal);
        if (value != 0) terms[""] = new Term([], value);
        return new Dimension(terms);
    }

    /// <summary>A size known by its name only.</summary>
    public static Dimension Named(string symbol) =>
        new(new SortedDictionary<string, Term>(StringComparer.Ordinal) { [symbol] = new Term([symbol], 1) });

    /// <summary>True for exactly this known size.</summary>
    public bool Is(long value) => IsConstant && Value == value;

    /// <summary>The single symbol that this is, or null.</summary>
    public string? Symbol =>
        _terms.Count == 1 && _terms.First().Value is { Symbols.Length: 1, Factor: 1 } term ? term.Symbols[0] : null;

    /// <summary>Sum.</summary>
    public static Dimension operator +(Dimension a, Dimension b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        SortedDictionary<string, Term> terms = new(a._terms, StringComparer.Ordinal);
        foreach (Term term in b._terms.Values) AddTerm(terms, term);
        return new Dimension(terms);
    }

    /// <summary>Difference.</summary>
    public static Dimension operator -(Dimension a, Dimension b) => a + (b * Of(-1));

    /// <summary>Product.</summary>
    public static Dimension operator *(Dimension a, Dimension b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        SortedDictionary<string, Term> terms = new(StringComparer.Ordinal);
        foreach (Term x in a._terms.Values)
        {
            foreach (Term y in b._terms.Values)
            {
                string[] symbols = [.. x.Symbols, .. y.Symbols];
                Array.Sort(symbols, StringComparer.Ordinal);
                AddTerm(terms, new Term(symbols, checked(x.Factor * y.Factor)));
            }
        }
        return new Dimension(terms);
    }

    /// <summary>
    /// The quotient rounded down; a new symbol (the same for the same operands) where it is no polynomial.
    /// </summary>
    public Dimension Over(Dimension divisor)
    {
        ArgumentNullException.ThrowIfNull(divisor);
        if (IsConstant && divisor.IsConstant && divisor.Value != 0)
        {
            long quotient = Math.DivRem(Value, divisor.Value, out long rest);
            return Of(rest != 0 && (rest < 0) != (divisor.Value < 0) ? quotient - 1 : quotient);
        }
        return ExactQuotient(divisor) ?? Named($"floor({this}/{divisor})");
    }

    /// <summary>The length of [0, <paramref name="end"/>) cut out of an axis of a known size: <paramref name="end"/> itself, unless it lies behind the axis.</summary>
    public static Dimension Clipped(long size, Dimension end)
    {
        ArgumentNullException.ThrowIfNull(end);
        return Named($"min({size.ToString(CultureInfo.InvariantCulture)},{end})");
    }

    /// <summary>
    /// True where this is <paramref name="other"/> cut at a known size of at least 2 (<see cref="Clipped"/>). The two broadcast together only where they are equal:
    /// one of them is 1 only where both are.
    /// </summary>
    public bool IsCutOf(Dimension other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Symbol is { } symbol && symbol.StartsWith("min(", StringComparison.Ordinal) && symbol.EndsWith($",{other})", StringComparison.Ordinal)
            && long.TryParse(symbol.AsSpan(4, symbol.Length - other.ToString().Length - 6), CultureInfo.InvariantCulture, out long size) && size > 1;
    }

    /// <summary>The quotient where the division leaves no rest for any value of the symbols, otherwise null.</summary>
    public Dimension? ExactQuotient(Dimension divisor)
    {
        ArgumentNullException.ThrowIfNull(divisor);
        if (Equals(divisor) && !Is(0)) return One;
        if (divisor._terms.Count != 1) return null;
        Term by = divisor._terms.First().Value;
        SortedDictionary<string, Term> terms = new(StringComparer.Ordinal);
        foreach (Term term in _terms.Values)
        {
            if (term.Factor % by.Factor != 0) return null;
            List<string> symbols = [.. term.Symbols];
            foreach (string symbol in by.Symbols)
            {
                if (!symbols.Remove(symbol)) return null;
            }
            AddTerm(terms, new Term([.. symbols], term.Factor / by.Factor));
        }
        return new Dimension(terms);
    }

    /// <summary>The size for given sizes of the symbols; null where one of them is not given.</summary>
    public long? Evaluate(Func<string, long?> sizeOf)
    {
        ArgumentNullException.ThrowIfNull(sizeOf);
        long sum = 0;
        foreach (Term term in _terms.Values)
        {
            long product = term.Factor;
            foreach (string symbol in term.Symbols)
            {
                if (sizeOf(symbol) is not { } size) return null;
                product = checked(product * size);
            }
            sum = checked(sum + product);
        }
        return sum;
    }

    /// <inheritdoc/>
    public bool Equals(Dimension? other) => other is not null && ToString() == other.ToString();

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Dimension);

    /// <inheritdoc/>
    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    /// <summary>The polynomial as text, <c>4*heads + 1</c>.</summary>
    public override string ToString() => _text ??= _terms.Count == 0 ? "0" : string.Join(" + ", _terms.Reverse().Select(pair => Text(pair.Value)));

    private static string Text(Term term)
    {
        string factor = term.Factor.ToString(CultureInfo.InvariantCulture);
        if (term.Symbols.Length == 0) return factor;
        string symbols = string.Join("*", term.Symbols);
        return term.Factor == 1 ? symbols : factor + "*" + symbols;
    }

    private static void AddTerm(SortedDictionary<string, Term> terms, Term term)
    {
        string key = string.Join("*", term.Symbols);
        long factor = terms.TryGetValue(key, out Term? known) ? checked(known.Factor + term.Factor) : term.Factor;
        if (factor == 0) terms.Remove(key);
        else terms[key] = term with { Factor = factor };
    }
}
