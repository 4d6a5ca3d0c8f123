import { render } from 'preact';
import './styles/base.css';

const page = document.getElementById('page');
if (page !== null) render(<p>Meerkat</p>, page);
